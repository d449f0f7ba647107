/* Patching ntdll's thunks; bridge_hook.h says how. */
#include "bridge_hook.h"

#include <stdint.h>
#include <string.h>
#include <windows.h>

enum { THUNK_SIZE = 32, JUMP_SIZE = 12 };

/* `mov r10, rcx; mov eax, ...` begins every thunk; anything else is another
 * Wine than the one this was written for, and must not be overwritten. */
static const uint8_t thunk_start[] = {0x4C, 0x8B, 0xD1, 0xB8};

/* mov rax, target; jmp rax */
static void write_jump(uint8_t *at, hook_function target)
{
    at[0] = 0x48;
    at[1] = 0xB8;
    memcpy(at + 2, &target, sizeof target);
    at[10] = 0xFF;
    at[11] = 0xE0;
}

static bool install(HMODULE ntdll, const struct hook *hook, uint8_t *copy)
{
    FARPROC found = GetProcAddress(ntdll, hook->name);
    uint8_t *thunk;
    DWORD old;

    memcpy(&thunk, &found, sizeof thunk);
    if (!thunk || memcmp(thunk, thunk_start, sizeof thunk_start) != 0)
        return false;
    memcpy(copy, thunk, THUNK_SIZE);
    memcpy(hook->original, &copy, sizeof copy);
    if (!VirtualProtect(thunk, THUNK_SIZE, PAGE_EXECUTE_READWRITE, &old))
        return false;
    write_jump(thunk, hook->replacement);
    VirtualProtect(thunk, THUNK_SIZE, old, &old);
    return FlushInstructionCache(GetCurrentProcess(), thunk, THUNK_SIZE);
}

bool hook_install(const struct hook *hooks, int count)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    uint8_t *copies =
        VirtualAlloc(NULL, (SIZE_T)count * THUNK_SIZE, MEM_COMMIT | MEM_RESERVE,
                     PAGE_EXECUTE_READWRITE);

    if (!ntdll || !copies)
        return false;
    for (int i = 0; i < count; i++) {
        if (!install(ntdll, &hooks[i], copies + i * THUNK_SIZE))
            return false;
    }
    return true;
}
