/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exchange - requests and replies of one simulation, numbered.
 */
#include "models/web/exchange.h"

#include "sim/event.h" /* container_of */
#include "sim/memory.h"
#include "sim/slab.h"

#include <string.h>

struct exchange_pool {
    struct slab requests, replies;
    uint64_t numbers, nonces; /* given so far */
};

struct exchange_pool *exchange_pool_new(void)
{
    struct exchange_pool *self = memory_new(sizeof *self);
    slab_init(&self->requests, sizeof(struct request));
    slab_init(&self->replies, sizeof(struct reply));
    return self;
}

void exchange_pool_free(struct exchange_pool *self)
{
    slab_fini(&self->requests);
    slab_fini(&self->replies);
    memory_free(self);
}

uint64_t exchange_pool_live(const struct exchange_pool *self)
{
    return self->requests.live + self->replies.live;
}

static void release_request(struct content *content)
{
    struct request *request = container_of(content, struct request, content);
    slab_give(&request->pool->requests, request);
}

static void release_reply(struct content *content)
{
    struct reply *reply = container_of(content, struct reply, content);
    struct request *request = reply->request;
    slab_give(&reply->pool->replies, reply);
    content_put(&request->content);
}

/* Sources: odd for requests, even for replies, so that no two byte patterns of a simulation are the same. */
struct request *request_new(struct exchange_pool *pool, uint32_t head_bytes, uint32_t body_bytes)
{
    struct request *self = slab_take(&pool->requests);
    memset(self, 0, sizeof *self);
    self->pool = pool;
    self->number = ++pool->numbers;
    self->head_bytes = head_bytes;
    content_init(&self->content, CONTENT_REQUEST, self->number * 2 + 1, head_bytes + body_bytes,
                 release_request);
    return self;
}

struct reply *reply_new(struct exchange_pool *pool, struct request *request, unsigned host)
{
    struct reply *self = slab_take(&pool->replies);
    memset(self, 0, sizeof *self);
    self->pool = pool;
    self->request = request;
    content_get(&request->content);
    self->nonce = ++pool->nonces;
    self->host = host;
    self->close = request->close;
    content_init(&self->content, CONTENT_REPLY, self->nonce * 2,
                 REPLY_HEAD_BYTES + request->reply_bytes, release_reply);
    return self;
}

struct request *request_of(struct content *content)
{
    return content->kind == CONTENT_REQUEST ? container_of(content, struct request, content) : NULL;
}

struct reply *reply_of(struct content *content)
{
    return content->kind == CONTENT_REPLY ? container_of(content, struct reply, content) : NULL;
}
