"""Why to be careful with a file: what it does when it is opened, and whether it is what it says. Pure."""

_PROGRAMS = set(
    "exe scr com bat cmd pif cpl dll msi msp msix appx jar jnlp ps1 psm1 vbs vbe js jse ws wsf wsh hta lnk url reg scf"
    " inf chm apk dmg pkg app deb rpm sh run iso img vhd vhdx one xll".split()
)
_MACROS = set("docm dotm xlsm xltm xlam pptm potm ppam ppsm sldm".split())
_PAGES = set("htm html shtml xhtml mht mhtml svg".split())
_MAGIC = {
    b"MZ": "program", b"\x7fELF": "program", b"\xca\xfe\xba\xbe": "program", b"\xcf\xfa\xed\xfe": "program",
    b"%PDF-": "pdf", b"\x89PNG\r\n": "image", b"\xff\xd8\xff": "image", b"GIF8": "image", b"RIFF": "riff",
    b"PK\x03\x04": "archive", b"Rar!": "archive", b"7z\xbc\xaf": "archive", b"\x1f\x8b": "archive",
    b"\xd0\xcf\x11\xe0": "office",
}  # fmt: skip
_KINDS = {
    "image/png": "image", "image/jpeg": "image", "image/jpg": "image", "image/gif": "image", "image/webp": "riff",
    "application/pdf": "pdf",
    "pdf": "pdf", "png": "image", "jpg": "image", "jpeg": "image", "gif": "image", "webp": "riff",
}  # fmt: skip
PROGRAM = "A program. Open it only if you know who sent it, and why."
MACROS = "It may hold macros, which run when it is opened."
PAGE = "A page that may act when a browser opens it."


def warning(name: str, claimed: str, head: bytes) -> str:
    """Why to be careful with a file of this name, which its sender calls `claimed` and which begins with these bytes;
    "" without a reason."""
    ending = name.lower().rpartition(".")[2]
    found = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")
    for says in (ending, claimed.lower().partition(";")[0].strip()):
        kind = _KINDS.get(says)
        if kind and found and kind != found:
            return f"It says {says}, but is {'a program' if found == 'program' else 'something else'}."
    if found == "program" or ending in _PROGRAMS:
        return PROGRAM
    if ending in _MACROS:
        return MACROS
    return PAGE if ending in _PAGES else ""
