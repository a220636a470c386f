/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exchange - requests and replies from free lists of their simulation.
 */
#include "models/web/exchange.h"

#include "sim/memory.h"

#include "sim/event.h" /* container_of */

#include <stdlib.h>
#include <string.h>

enum { SLAB_OBJECTS = 64 };

struct slab {
    struct slab *next;
    union {
        struct request requests[SLAB_OBJECTS];
        struct reply replies[SLAB_OBJECTS];
    } of;
};

struct exchange_pool {
    struct slab *slabs;
    struct request *free_requests;
    struct reply *free_replies;
    uint64_t requests, replies; /* made so far: numbers and nonces */
    unsigned live;
};

struct exchange_pool *exchange_pool_new(void)
{
    struct exchange_pool *self = must(calloc(1, sizeof *self));
    return self;
}

void exchange_pool_free(struct exchange_pool *self)
{
    while (self->slabs != NULL) {
        struct slab *slab = self->slabs;
        self->slabs = slab->next;
        free(slab);
    }
    free(self);
}

unsigned exchange_pool_live(const struct exchange_pool *self)
{
    return self->live;
}

static struct slab *new_slab(struct exchange_pool *self)
{
    struct slab *slab = must(malloc(sizeof *slab));
    slab->next = self->slabs;
    self->slabs = slab;
    return slab;
}

static void grow_requests(struct exchange_pool *self)
{
    struct slab *slab = new_slab(self);
    for (unsigned i = SLAB_OBJECTS; i-- > 0;) {
        slab->of.requests[i].next = self->free_requests;
        self->free_requests = &slab->of.requests[i];
    }
}

static void grow_replies(struct exchange_pool *self)
{
    struct slab *slab = new_slab(self);
    for (unsigned i = SLAB_OBJECTS; i-- > 0;) {
        slab->of.replies[i].next = self->free_replies;
        self->free_replies = &slab->of.replies[i];
    }
}

static void release_request(struct content *content)
{
    struct request *request = container_of(content, struct request, content);
    request->next = request->pool->free_requests;
    request->pool->free_requests = request;
    request->pool->live--;
}

static void release_reply(struct content *content)
{
    struct reply *reply = container_of(content, struct reply, content);
    struct request *request = reply->request;
    reply->next = reply->pool->free_replies;
    reply->pool->free_replies = reply;
    reply->pool->live--;
    content_put(&request->content);
}

/* Sources: odd for requests, even for replies, so that no two byte patterns of a simulation are the same. */
struct request *request_new(struct exchange_pool *pool, uint32_t head_bytes, uint32_t body_bytes)
{
    if (pool->free_requests == NULL)
        grow_requests(pool);
    struct request *self = pool->free_requests;
    pool->free_requests = self->next;
    memset(self, 0, sizeof *self);
    self->pool = pool;
    self->number = ++pool->requests;
    self->head_bytes = head_bytes;
    content_init(&self->content, CONTENT_REQUEST, self->number * 2 + 1, head_bytes + body_bytes,
                 release_request);
    pool->live++;
    return self;
}

struct reply *reply_new(struct exchange_pool *pool, struct request *request, unsigned host)
{
    if (pool->free_replies == NULL)
        grow_replies(pool);
    struct reply *self = pool->free_replies;
    pool->free_replies = self->next;
    memset(self, 0, sizeof *self);
    self->pool = pool;
    self->request = request;
    content_get(&request->content);
    self->nonce = ++pool->replies;
    self->host = host;
    self->close = request->close;
    content_init(&self->content, CONTENT_REPLY, self->nonce * 2,
                 REPLY_HEAD_BYTES + request->reply_bytes, release_reply);
    pool->live++;
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
