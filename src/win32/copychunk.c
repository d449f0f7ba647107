/*
 * Copies within a server. An application uses these control codes; the
 * redirector turns them into those of the protocol [IOCTL_COPYCHUNK and
 * FSCTL_SRV_REQUEST_RESUME_KEY, Win32; MS-SMB2 2.2.31.1].
 */
#include "answers.h"
#include "win32.h"

#include <string.h>

os_error os_get_copy_key(struct os_file *source, struct os_copy_key *key)
{
    struct sdk_resume_key out;
    DWORD size = 0;
    memset(&out, 0, sizeof out);
    os_error error = win32_control(source, SDK_SRV_REQUEST_RESUME_KEY, NULL, 0,
                                   &out, sizeof out, &size);
    if (error == 0 && size < sizeof out.key)
        error = ERROR_INVALID_DATA;
    memcpy(key->bytes, out.key, sizeof key->bytes);
    return error;
}

/* Writes the chunks of `request`. Returns how many there are, at most `room`.
 */
static DWORD put_chunks(const struct os_copy_request *request,
                        struct sdk_copychunk *chunks, DWORD room)
{
    uint32_t done = 0;
    DWORD count = 0;
    for (; count < room && done < request->length; count++) {
        uint32_t left = request->length - done;
        uint32_t length = left < request->chunk ? left : request->chunk;
        chunks[count].source.QuadPart =
            (LONGLONG)(request->source_offset + done);
        chunks[count].target.QuadPart = (LONGLONG)(request->dest_offset + done);
        chunks[count].length = length;
        done += length;
    }
    return count;
}

/*
 * The page of IOCTL_COPYCHUNK says that an answer comes with
 * ERROR_INVALID_PARAMETER, too. But after a failure, the I/O manager does not
 * copy the answer of a METHOD_BUFFERED request to the caller's buffer [ReactOS,
 * IopCompleteRequest]. It is all zeros then, and counts as no answer.
 */
os_error os_server_copy(struct os_file *dest,
                        const struct os_copy_request *request,
                        struct os_copy_answer *answer)
{
    struct sdk_copychunk_copy in;
    uint8_t out[ANSWERS_COPY];
    memset(&in, 0, sizeof in);
    memset(out, 0, sizeof out);
    memcpy(in.key, request->key.bytes, sizeof in.key);
    in.count =
        put_chunks(request, in.chunks, sizeof in.chunks / sizeof in.chunks[0]);
    DWORD size = offsetof(struct sdk_copychunk_copy, chunks) +
                 in.count * (DWORD)sizeof in.chunks[0];
    os_error error =
        win32_control(dest, SDK_COPYCHUNK, &in, size, out, sizeof out, NULL);
    answers_copy(out, answer);
    return error;
}
