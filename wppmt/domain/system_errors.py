"""Errors of the operating system for people: errno and resolver texts in Portuguese."""

from __future__ import annotations

import errno
import socket
import ssl

_TEXTS = {
    errno.EACCES: "permissão negada",
    errno.EPERM: "operação não permitida",
    errno.ENOENT: "arquivo ou pasta não existe",
    errno.EEXIST: "já existe",
    errno.EISDIR: "é uma pasta",
    errno.ENOTDIR: "não é uma pasta",
    errno.ENOTEMPTY: "a pasta não está vazia",
    errno.ELOOP: "links simbólicos demais",
    errno.ENAMETOOLONG: "nome longo demais",
    errno.EROFS: "sistema de arquivos somente leitura",
    errno.ENOSPC: "não há espaço no disco",
    errno.EDQUOT: "cota de disco excedida",
    errno.EFBIG: "arquivo grande demais",
    errno.EIO: "erro de leitura ou gravação no disco",
    errno.EBUSY: "dispositivo ou recurso ocupado",
    errno.ETXTBSY: "o programa está sendo gravado",
    errno.ENOEXEC: "não é um programa executável",
    errno.EMFILE: "arquivos abertos demais neste processo",
    errno.ENFILE: "arquivos abertos demais no sistema",
    errno.ENOMEM: "memória insuficiente",
    errno.EAGAIN: "recurso temporariamente indisponível",
    errno.EINVAL: "argumento inválido",
    errno.EBADF: "descritor de arquivo inválido",
    errno.ENOTSOCK: "não é um soquete",
    errno.ESRCH: "o processo não existe",
    errno.EPIPE: "a outra ponta fechou a conexão",
    errno.EADDRINUSE: "endereço já em uso",
    errno.EADDRNOTAVAIL: "esta máquina não tem esse endereço",
    errno.EAFNOSUPPORT: "tipo de endereço não suportado",
    errno.ECONNREFUSED: "conexão recusada",
    errno.ECONNRESET: "conexão interrompida pela outra ponta",
    errno.ECONNABORTED: "conexão abortada",
    errno.ETIMEDOUT: "tempo esgotado",
    errno.EHOSTUNREACH: "sem rota até a máquina",
    errno.ENETUNREACH: "rede inacessível",
    errno.ENETDOWN: "rede desligada",
}
_RESOLVER = {
    socket.EAI_NONAME: "nome não encontrado no DNS",
    socket.EAI_AGAIN: "o DNS não respondeu",
    socket.EAI_FAIL: "o DNS respondeu com erro",
}


class Explained(OSError):
    """Raised by ourselves: its text is Portuguese already."""


def explain(failure: OSError) -> str:
    """The reason in words; a rare one by its symbolic name, which a search engine finds."""
    if isinstance(failure, Explained):
        return str(failure)
    if isinstance(failure, ssl.SSLCertVerificationError):
        # An HTTP client's own error has no code; the one that it was made of has.
        code = getattr(failure, "verify_code", None) or getattr(failure.__cause__, "verify_code", "?")
        return f"o certificado não foi aceito ({code})"
    if isinstance(failure, ssl.SSLError):
        return "a conexão TLS falhou"
    number = failure.errno or 0
    if isinstance(failure, TimeoutError) and not number:
        return "tempo esgotado"
    if isinstance(failure, socket.gaierror):
        return _RESOLVER.get(number, f"o nome não pôde ser resolvido ({number})")
    if text := _TEXTS.get(number):
        return text
    return f"erro {errno.errorcode.get(number) or type(failure).__name__} do sistema"
