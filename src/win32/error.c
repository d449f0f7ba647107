/* The system's words for its codes; and that the core's names are right. */
#include "../core/codes.h"
#include "win32.h"

#include <stdio.h>

#define SAME(name)                                                             \
    _Static_assert((long)CODE_##name == (long)ERROR_##name, #name)

SAME(INVALID_FUNCTION);
SAME(FILE_NOT_FOUND);
SAME(PATH_NOT_FOUND);
SAME(ACCESS_DENIED);
SAME(INVALID_HANDLE);
SAME(NOT_ENOUGH_MEMORY);
SAME(INVALID_DATA);
SAME(OUTOFMEMORY);
SAME(NOT_SAME_DEVICE);
SAME(WRITE_PROTECT);
SAME(CRC);
SAME(SHARING_VIOLATION);
SAME(LOCK_VIOLATION);
SAME(HANDLE_EOF);
SAME(NOT_SUPPORTED);
SAME(BAD_NETPATH);
SAME(NETWORK_BUSY);
SAME(DEV_NOT_EXIST);
SAME(UNEXP_NET_ERR);
SAME(NETNAME_DELETED);
SAME(BAD_NET_NAME);
SAME(FILE_EXISTS);
SAME(INVALID_PARAMETER);
SAME(DISK_FULL);
SAME(SEM_TIMEOUT);
SAME(INSUFFICIENT_BUFFER);
SAME(INVALID_NAME);
SAME(ALREADY_EXISTS);
SAME(FILE_TOO_LARGE);
SAME(MORE_DATA);
SAME(VC_DISCONNECTED);
SAME(DIRECTORY);
SAME(EAS_NOT_SUPPORTED);
SAME(DATA_CHECKSUM_ERROR);
SAME(DIRECTORY_NOT_SUPPORTED);
SAME(BLOCK_TOO_MANY_REFERENCES);
SAME(ARITHMETIC_OVERFLOW);
SAME(FILE_SYSTEM_LIMITATION);
SAME(FILE_INVALID);
SAME(IO_DEVICE);
SAME(CANCELLED);
SAME(NETWORK_UNREACHABLE);
SAME(CONNECTION_ABORTED);
SAME(RETRY);
SAME(INVALID_OWNER);
SAME(PRIVILEGE_NOT_HELD);
SAME(NO_SYSTEM_RESOURCES);
SAME(RESOURCE_NOT_ONLINE);
SAME(RESOURCE_NOT_AVAILABLE);
SAME(HOST_NODE_NOT_RESOURCE_OWNER);

os_error win32_last_error(void)
{
    os_error error = GetLastError();
    return error != 0 ? error : ERROR_GEN_FAILURE;
}

/* Line ends and the full stop: the code comes behind. */
static void trim(wchar_t *text)
{
    size_t length = wcslen(text);
    while (length != 0 &&
           (text[length - 1] <= L' ' || text[length - 1] == L'.'))
        text[--length] = L'\0';
}

void os_message(os_error code, wchar_t *buffer, size_t capacity)
{
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM |
                                      FORMAT_MESSAGE_IGNORE_INSERTS |
                                      FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                  NULL, code, 0, buffer, (DWORD)capacity, NULL);
    if (length == 0)
        buffer[0] = L'\0';
    trim(buffer);
    if (buffer[0] == L'\0')
        swprintf(buffer, capacity, L"system error");
}
