"""Masks for lists, logs and public pages: enough to recognise one's own, too little to learn another's."""


def mask_name(name: str) -> str:
    """``王芳`` → ``王*``, ``欧阳小芳`` → ``欧**芳``; a company's name is public and is not masked by its caller."""
    if len(name) <= 1:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_id(number: str, head: int = 4, tail: int = 2) -> str:
    """``11010519491231002X`` → ``1101************2X``."""
    if len(number) <= head + tail:
        return "*" * len(number)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def mask_phone(number: str) -> str:
    """``13800001234`` → ``138****1234``."""
    return mask_id(number, 3, 4)
