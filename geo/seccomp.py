"""A filter of system calls: what reads a file needs no sockets, no other programs and no other processes.

Covers what Landlock does not: datagrams, sockets with a name in the file system, and processes that would
outlive the one that is ended. Denied calls fail with EPERM. The program is written in the kernel's BPF
(linux/seccomp.h, linux/filter.h) for the two processors whose numbers are listed.
"""

import ctypes
import errno
import os
import platform
import struct

_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16  # where they lie in the data a filter looks at
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000  # calls of a third kind of program on x86_64, denied as a whole

_PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_DENIED = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "sendto": (44, 206), "sendmsg": (46, 211), "execve": (59, 221), "execveat": (322, 281),
    "fork": (57, None), "vfork": (58, None), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "mount": (165, 40), "umount2": (166, 39), "unshare": (272, 97),
    "setns": (308, 268), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "pidfd_getfd": (438, 438), "open_by_handle_at": (304, 265),
    "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104),
    "kill": (62, 129), "tkill": (200, 130), "pidfd_send_signal": (424, 424),
}  # fmt: skip


def is_offered() -> bool:
    """Whether the calls of this processor are known here, and its kernel filters them."""
    if platform.machine() not in _PROCESSORS:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # a filter that lies nowhere: a kernel that filters says "bad address", another "invalid"
    return libc.prctl(_SET_SECCOMP, _FILTER, 0, 0, 0) < 0 and ctypes.get_errno() == errno.EFAULT


def deny() -> None:
    """Give up, for good, the calls listed here; threads may be started, processes may not."""
    program = _program(platform.machine())
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SET_SECCOMP, _FILTER, ctypes.c_char_p(head), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _program(machine: str) -> bytes:
    """Steps of 8 bytes: code, how far to jump if true, how far if false, operand."""
    at = list(_PROCESSORS).index(machine)
    denied = [number for numbers in _DENIED.values() if (number := numbers[at]) is not None]
    steps: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _PROCESSOR),
        (_EQUAL, 1, 0, _PROCESSORS[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),  # its flags cannot be seen: the C library takes clone instead
    ]
    for number in denied:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL | errno.EPERM)]
    steps += [
        (_EQUAL, 0, 3, _CLONE[machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
