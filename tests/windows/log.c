#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <windows.h>

enum { TEXT = 4096 };

static FILE *file;

bool log_open(const wchar_t *path)
{
    file = _wfopen(path, L"wb");
    return file != NULL;
}

void log_close(void)
{
    if (file != NULL)
        fclose(file);
    file = NULL;
}

/* A string of JSON [RFC 8259, section 7]. */
static void put_string(const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(file, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(file, "\\u%04x", byte);
        else
            fputc(byte, file);
    }
    fputc('"', file);
}

void log_begin(const char *type)
{
    if (file == NULL)
        return;
    fputs("{\"type\":", file);
    put_string(type);
}

static void put_key(const char *key)
{
    fputc(',', file);
    put_string(key);
    fputc(':', file);
}

void log_text(const char *key, const char *value)
{
    if (file == NULL)
        return;
    put_key(key);
    put_string(value);
}

void log_wide(const char *key, const wchar_t *value)
{
    char text[TEXT] = "";
    if (WideCharToMultiByte(CP_UTF8, 0, value, -1, text, sizeof text, NULL,
                            NULL) == 0)
        text[0] = '\0';
    log_text(key, text);
}

void log_number(const char *key, uint64_t value)
{
    if (file == NULL)
        return;
    put_key(key);
    fprintf(file, "%" PRIu64, value);
}

/* Each line is on the disk before the next job begins: a system that crashes
   leaves a log, too. */
void log_end(void)
{
    if (file == NULL)
        return;
    fputs("}\n", file);
    fflush(file);
}
