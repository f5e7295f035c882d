# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy that leads clients with built-in endpoints here; nothing passes it to anywhere else."""

from __future__ import annotations

import asyncio
import contextlib
import re
import typing as t

if t.TYPE_CHECKING:
    from .certificates import CertificateAuthority

CONNECT = re.compile(rb"CONNECT (?P<host>[a-z0-9.-]+):443 HTTP/1\.[01]\r\n", re.IGNORECASE)
CLOUD = re.compile(r"([a-z0-9-]+\.)+aliyuncs\.com")
MAX_HEAD = 16 * 1024
CHUNK = 64 * 1024


class Proxy:
    """Answers CONNECT for the cloud's hosts with a tunnel to a port of this process."""

    def __init__(self, authority: CertificateAuthority, port: int) -> None:
        self._authority = authority
        self._port = port
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[t.Any] | None] = {}

    async def listen(self, host: str, port: int) -> tuple[t.Any, ...]:
        """Begin to answer on an address; return it with the port that was taken."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=MAX_HEAD)
        return t.cast("tuple[t.Any, ...]", self._server.sockets[0].getsockname())

    async def close(self) -> None:
        """End every tunnel, and wait for the last of them."""
        self._server.close()
        tasks = [task for task in self._clients.values() if task]
        for writer in self._clients:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients[writer] = asyncio.current_task()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()
        del self._clients[writer]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            head = b""
        match = CONNECT.match(head)
        host = match["host"].decode().lower() if match else ""
        if not CLOUD.fullmatch(host):
            writer.write(b"HTTP/1.1 403 Only CONNECT to the cloud's hosts\r\n\r\n")
            await writer.drain()
            return
        self._authority.prepare(host)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await self._tunnel(reader, writer)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside_reader, inside_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await asyncio.gather(_pump(reader, inside_writer), _pump(inside_reader, writer))
        finally:
            inside_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
