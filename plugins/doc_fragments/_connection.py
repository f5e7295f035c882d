# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
---
requirements:
  - python >= 3.10
  - alibabacloud-ram20150501 >= 1.3
  - alibabacloud-tea-openapi >= 0.4.3
  - alibabacloud-credentials >= 1.0.9
notes:
  - Credentials are taken from the first of these that is given; if it is broken, the task fails,
    and no other signs in its place. The options O(access_key_id),
    O(access_key_secret) and O(security_token); the option O(profile); the environment variables
    E(ALIBABA_CLOUD_ACCESS_KEY_ID), E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and
    E(ALIBABA_CLOUD_SECURITY_TOKEN); E(ALICLOUD_ACCESS_KEY), E(ALICLOUD_SECRET_KEY) and
    E(ALICLOUD_SECURITY_TOKEN) as Terraform users have them; E(ALIBABA_CLOUD_PROFILE) or
    E(ALICLOUD_PROFILE); the default chain of C(alibabacloud-credentials) (OIDC, the aliyun CLI's
    current profile, credentials file, ECS RAM role, credentials URI).
  - The environment is that of the task, C(environment) of the play and the task included, for
    proxies and E(HOME) too.
  - The console asks for a phone verification before it creates a key. The API has no such step; the
    caller's own credentials, for example an MFA-backed STS session, take its place.
options:
  access_key_id:
    description:
      - ID of the AccessKey that signs the requests.
      - If neither this nor O(profile) is given, E(ALIBABA_CLOUD_ACCESS_KEY_ID), else
        E(ALICLOUD_ACCESS_KEY), each with the secret and the token of its own family.
    type: str
  access_key_secret:
    description:
      - Secret of the AccessKey that signs the requests.
      - Where the variable gives the ID, E(ALIBABA_CLOUD_ACCESS_KEY_SECRET), else
        E(ALICLOUD_SECRET_KEY).
    type: str
  security_token:
    description:
      - Security token of an STS session that O(access_key_id) and O(access_key_secret) belong to.
      - Where the variable gives the ID, E(ALIBABA_CLOUD_SECURITY_TOKEN), else
        E(ALICLOUD_SECURITY_TOKEN).
    type: str
  profile:
    description:
      - Name of a profile of the aliyun CLI (C(~/.aliyun/config.json)), or of a section in the
        credentials file (E(ALIBABA_CLOUD_CREDENTIALS_FILE) or C(~/.alibabacloud/credentials.ini)).
      - If neither this nor a key pair is given, in the options or by variables,
        E(ALIBABA_CLOUD_PROFILE), else E(ALICLOUD_PROFILE).
    type: str
  assume_role:
    description:
      - A role to assume with the credentials; the requests are then signed with the session that
        STS hands out. It is renewed before it ends.
    type: dict
    suboptions:
      role_arn:
        description: ARN of the role, as in V(acs:ram::1234567890123456:role/ops).
        type: str
        required: true
      session_name:
        description: Name of the session, as audit logs show it.
        type: str
        default: keysmith
      duration:
        description: Lifetime of the session in seconds.
        type: int
        default: 3600
      external_id:
        description: External ID that the trust policy of the role asks for.
        type: str
      policy:
        description:
          - A policy for the session, as a mapping or as JSON. The session may do what both this and
            the policies of the role allow.
        type: json
  account_id:
    description:
      - Number of the account that the task is for. Credentials of another one are refused before
        anything is read or changed.
    type: str
  ram_endpoint:
    description:
      - Where RAM answers, as a host, C(host:port) or URL. Plain C(http) is refused for anything but
        a loopback address.
      - If not given, E(ALIBABA_CLOUD_RAM_ENDPOINT), else V(ram.aliyuncs.com).
    type: str
  sts_endpoint:
    description:
      - Where STS answers, given as O(ram_endpoint) is.
      - If not given, E(ALIBABA_CLOUD_STS_ENDPOINT), else V(sts.aliyuncs.com).
    type: str
  ims_endpoint:
    description:
      - Where IMS answers, given as O(ram_endpoint) is. It is asked about quotas, tags of users,
        logons, the settings of the account, and the keys of the account itself.
      - If not given, E(ALIBABA_CLOUD_IMS_ENDPOINT), else V(ims.aliyuncs.com).
    type: str
  connect_timeout:
    description: Seconds to wait for a connection, a day at most.
    type: int
    default: 5
  read_timeout:
    description: Seconds to wait for an answer as a whole, a day at most.
    type: int
    default: 10
  max_attempts:
    description:
      - How often a request is sent at most when it is throttled, fails on the server or on the way.
      - The creation of a key is sent again only if the server is known not to have carried it out.
    type: int
    default: 5
  ca_bundle:
    description: File with the CA certificates to trust instead of the built-in ones.
    type: path
"""
