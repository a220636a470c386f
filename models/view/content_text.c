/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * content_text - heads and bodies, made anew for each span: whoever captures has time.
 */
#include "models/view/content_text.h"

#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 32 };
static const char minimal_pad[] = "A:", pad[] = "X-Pad: ", end[] = "\r\n\r\n";

/* A head: what it must say, what it may say, and room to fill up. */
struct head {
    char must[120], may[240];
};

static void request_head(const struct request *self, struct head *head)
{
    int used = snprintf(head->must, sizeof head->must, "%s /reply/%u HTTP/1.1\r\n",
                        self->method == METHOD_POST ? "POST" : "GET", self->reply_bytes);
    uint32_t body = self->content.length - self->head_bytes;
    if (body > 0)
        snprintf(head->must + used, sizeof head->must - (size_t)used, "Content-Length: %u\r\n",
                 body);
    snprintf(head->may, sizeof head->may,
             "Host: service\r\nConnection: %s\r\nX-Client: %u\r\nX-Request: %llu, %u on its "
             "connection\r\n",
             self->close ? "close" : "keep-alive", self->client, (unsigned long long)self->number,
             self->ordinal);
}

static void reply_head(const struct reply *self, struct head *head)
{
    snprintf(head->must, sizeof head->must, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n",
             self->content.length - REPLY_HEAD_BYTES);
    snprintf(head->may, sizeof head->may,
             "Content-Type: text/plain\r\nConnection: %s\r\nX-Request: %llu\r\nX-Execution: %llu "
             "on host %u\r\n",
             self->close ? "close" : "keep-alive", (unsigned long long)self->request->number,
             (unsigned long long)self->nonce, self->host);
}

/* Writes a head of exactly `bytes`. */
static void write_head(const struct head *head, char *out, size_t bytes)
{
    const char *may = head->may, *filler = pad;
    size_t fixed = strlen(head->must) + strlen(may) + strlen(filler) + strlen(end);
    if (fixed > bytes) {
        may = "";
        filler = minimal_pad;
        fixed = strlen(head->must) + strlen(filler) + strlen(end);
    }
    memset(out, '.', bytes);
    if (fixed > bytes)
        return;
    out = stpcpy(stpcpy(stpcpy(out, head->must), may), filler);
    memset(out, '.', bytes - fixed);
    memcpy(out + bytes - fixed, end, strlen(end));
}

static void write_body(const char *what, uint64_t number, uint32_t from, uint32_t to, uint8_t *out)
{
    for (uint32_t line = from / LINE_BYTES * LINE_BYTES; line < to; line += LINE_BYTES) {
        char text[64];
        snprintf(text, sizeof text, "%-9.9s %08llu @ %010u\n", what,
                 (unsigned long long)(number % 100000000), line);
        for (uint32_t i = 0; i < LINE_BYTES; i++) {
            if (line + i >= from && line + i < to)
                *out++ = (uint8_t)text[i];
        }
    }
}

static void write_message(const struct head *head, uint32_t head_bytes, const struct span *span,
                          const char *what, uint64_t number, uint8_t *out)
{
    uint32_t from = span->offset, to = span->offset + span->length;
    if (from < head_bytes) {
        char *text = must(malloc(head_bytes));
        write_head(head, text, head_bytes);
        uint32_t bytes = (to < head_bytes ? to : head_bytes) - from;
        memcpy(out, text + from, bytes);
        free(text);
        out += bytes;
        from += bytes;
    }
    if (from < to)
        write_body(what, number, from - head_bytes, to - head_bytes, out);
}

void content_text(const struct span *span, uint8_t *out)
{
    const struct request *request = request_of(span->content);
    const struct reply *reply = reply_of(span->content);
    struct head head;
    if (request != NULL) {
        request_head(request, &head);
        write_message(&head, request->head_bytes, span, "request", request->number, out);
    } else if (reply != NULL) {
        reply_head(reply, &head);
        write_message(&head, REPLY_HEAD_BYTES, span, "execution", reply->nonce, out);
    } else {
        span_copy(span, out);
    }
}
