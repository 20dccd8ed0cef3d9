/* SPDX-License-Identifier: MIT
 *
 * compiled.c - a little of what programs do: sort, hash, multiply matrices, walk a tree.
 *
 * No one kind of code dominates, and the blocks have the lengths that a compiler gives them.
 */
#include <stdint.h>

enum { ITEMS = 4096, SIDE = 48, BUCKETS = 1024 };

static uint32_t items[ITEMS];
static int32_t left_matrix[SIDE][SIDE], right_matrix[SIDE][SIDE], product[SIDE][SIDE];

struct node {
  uint32_t key, count;
  struct node* next;
};
static struct node nodes[ITEMS];
static struct node* buckets[BUCKETS];

volatile uint32_t result; /* so that nothing is optimised away */

static uint32_t next_number(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static void sift(uint32_t* heap, uint32_t root, uint32_t size) {
  uint32_t value = heap[root];
  for (;;) {
    uint32_t child = 2 * root + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1] > heap[child]) child++;
    if (heap[child] <= value) break;
    heap[root] = heap[child];
    root = child;
  }
  heap[root] = value;
}

static void sort(uint32_t* heap, uint32_t size) {
  for (uint32_t i = size / 2; i-- > 0;) sift(heap, i, size);
  while (size > 1) {
    size--;
    uint32_t largest = heap[0];
    heap[0] = heap[size];
    heap[size] = largest;
    sift(heap, 0, size);
  }
}

static uint32_t hash_bytes(const uint8_t* bytes, uint32_t size) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

static uint32_t count_distinct(void) {
  uint32_t used = 0;
  for (uint32_t i = 0; i < BUCKETS; i++) buckets[i] = 0;
  for (uint32_t i = 0; i < ITEMS; i++) {
    uint32_t key = items[i] & 2047;
    struct node** at = &buckets[(key * 2654435761u) >> 22];
    while (*at != 0 && (*at)->key != key) at = &(*at)->next;
    if (*at == 0) {
      struct node* fresh = &nodes[used++];
      fresh->key = key;
      fresh->count = 0;
      fresh->next = 0;
      *at = fresh;
    }
    (*at)->count++;
  }
  return used;
}

static void multiply(void) {
  for (uint32_t i = 0; i < SIDE; i++) {
    for (uint32_t j = 0; j < SIDE; j++) {
      int32_t sum = 0;
      for (uint32_t k = 0; k < SIDE; k++) sum += left_matrix[i][k] * right_matrix[k][j];
      product[i][j] = sum;
    }
  }
}

void work(uint32_t turns) {
  uint32_t state = 88172645;
  for (; turns > 0; turns--) {
    for (uint32_t i = 0; i < ITEMS; i++) items[i] = next_number(&state);
    result += count_distinct();
    sort(items, ITEMS);
    result += hash_bytes((const uint8_t*)items, sizeof items);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
      (&left_matrix[0][0])[i] = (int32_t)(items[i] >> 8);
      (&right_matrix[0][0])[i] = (int32_t)(state + i);
    }
    multiply();
    result += (uint32_t)product[turns % SIDE][3];
  }
}
