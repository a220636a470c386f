/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_pieces - the pieces that byte queues are made of, from a pool of the stack.
 */
#include "models/tcp/tcp_socket.h"

#include "sim/memory.h"

#include <stdlib.h>

enum { SLAB_PIECES = 255 };

struct piece_slab {
    void *next; /* in the stack's list of slabs; first, as in every slab */
    struct tcp_piece pieces[SLAB_PIECES];
};

static void grow(struct tcp_stack *stack)
{
    struct piece_slab *slab = must(malloc(sizeof *slab));
    slab->next = stack->slabs;
    stack->slabs = slab;
    for (unsigned i = SLAB_PIECES; i-- > 0;) {
        slab->pieces[i].next = stack->free_pieces;
        stack->free_pieces = &slab->pieces[i];
    }
}

struct tcp_piece *tcp_piece_new(struct tcp_stack *stack)
{
    if (stack->free_pieces == NULL)
        grow(stack);
    struct tcp_piece *piece = stack->free_pieces;
    stack->free_pieces = piece->next;
    stack->live_pieces++;
    piece->next = NULL;
    return piece;
}

void tcp_piece_free(struct tcp_stack *stack, struct tcp_piece *piece)
{
    struct content *content = piece->span.content;
    piece->next = stack->free_pieces;
    stack->free_pieces = piece;
    stack->live_pieces--;
    if (content != NULL)
        content_put(content);
}

void tcp_pieces_free(struct tcp_stack *stack, struct tcp_piece *first)
{
    while (first != NULL) {
        struct tcp_piece *next = first->next;
        tcp_piece_free(stack, first);
        first = next;
    }
}

void tcp_queue_append(struct tcp_stack *stack, struct tcp_queue *queue, uint32_t seq,
                      const struct span *span)
{
    struct tcp_piece *last = queue->first != NULL ? queue->last : NULL;
    if (last != NULL && last->span.content == span->content &&
        last->span.offset + last->span.length == span->offset) {
        last->span.length += span->length;
        content_put(span->content);
        return;
    }
    struct tcp_piece *piece = tcp_piece_new(stack);
    piece->seq = seq;
    piece->span = *span;
    if (last != NULL)
        last->next = piece;
    else
        queue->first = piece;
    queue->last = piece;
}

void tcp_queue_clear(struct tcp_stack *stack, struct tcp_queue *queue)
{
    tcp_pieces_free(stack, queue->first);
    queue->first = NULL;
}
