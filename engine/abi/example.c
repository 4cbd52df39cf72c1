/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ana and Dan each have a copy of one list. Both change it without knowing of each other; then each gets the other's
 * changes, and both see the same. Ends with 0 if so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kith/c.h"

static const char kSchema[] =
    "CREATE TABLE notes(id TEXT PRIMARY KEY, body LWW_TEXT);"
    "CREATE EVENT \"note written\";";

enum { kChangesMax = 16 };

static uint64_t now_ms(void* context) {
  uint64_t* ms = context;
  return ++*ms;
}

static void must(kith_db* db, int result) {
  if (result == KITH_OK) return;
  fprintf(stderr, "%s: %s %s\n", kith_error_name(db), kith_error_cause(db), kith_error_remedy(db));
  exit(1);
}

static void remove_copy(const char* path) {
  char beside[64];
  remove(path);
  snprintf(beside, sizeof beside, "%s-wal", path);
  remove(beside);
  snprintf(beside, sizeof beside, "%s-shm", path);
  remove(beside);
}

static kith_db* open_copy(const char* path, uint8_t name, uint64_t* clock) {
  remove_copy(path);
  kith_self self = {{0}, {0}, now_ms, clock};
  memset(self.device, name, sizeof self.device);
  memset(self.person, name, sizeof self.person);
  kith_db* db = NULL;
  const int opened = kith_open(path, kSchema, &self, &db);
  must(db, opened);
  return db;
}

static void write_note(kith_db* db, const char* id, const char* body) {
  kith_value values[] = {kith_text(id), kith_text(body)};
  must(db, kith_begin(db, "note written"));
  must(db, kith_exec(db, "INSERT INTO notes(id, body) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET body = ?2", values, 2));
  must(db, kith_commit(db, NULL));
}

/* Changes on their way: what they point to is copied. */
typedef struct Parcel {
  kith_change changes[kChangesMax];
  size_t count;
} Parcel;

static void* copy_of(const void* bytes, size_t size) {
  void* copy = malloc(size + 1);
  if (copy == NULL) exit(1);
  if (size > 0) memcpy(copy, bytes, size);
  return copy;
}

static int pack(void* context, const kith_change* change) {
  Parcel* parcel = context;
  if (parcel->count == kChangesMax) return 1;
  kith_change* packed = &parcel->changes[parcel->count++];
  *packed = *change;
  packed->shape = copy_of(change->shape, change->shape_size);
  packed->values = copy_of(change->values, change->values_size);
  return 0;
}

static void carry(kith_db* from, kith_db* to) {
  Parcel parcel = {.count = 0};
  size_t fresh;
  must(from, kith_changes(from, 0, pack, &parcel));
  must(to, kith_merge(to, parcel.changes, parcel.count, &fresh));
  printf("%zu changes carried, %zu of them new\n", parcel.count, fresh);
  for (size_t i = 0; i < parcel.count; ++i) {
    free((void*)parcel.changes[i].shape);
    free((void*)parcel.changes[i].values);
  }
}

static int print_row(void* context, size_t columns, const char* const* names, const kith_value* values) {
  char* out = context;
  for (size_t i = 0; i < columns; ++i) {
    if (values[i].type != KITH_TEXT) continue;
    const size_t used = strlen(out);
    snprintf(out + used, 200 - used, "%s %.*s; ", names[i], (int)values[i].size, (const char*)values[i].data);
  }
  return 0;
}

static void read_all(kith_db* db, char text[200]) {
  text[0] = 0;
  must(db, kith_query(db, "SELECT id, body FROM notes ORDER BY id", NULL, 0, print_row, text));
  printf("%s\n", text);
}

int main(void) {
  uint64_t clock = 1790000000000u;
  kith_db* ana = open_copy("example-ana.kith", 0xa1, &clock);
  kith_db* dan = open_copy("example-dan.kith", 0xd1, &clock);
  write_note(ana, "shopping", "milk");
  carry(ana, dan);
  write_note(ana, "shopping", "milk, bread");
  write_note(dan, "shopping", "milk, cheese");
  write_note(dan, "repairs", "the gate");
  carry(ana, dan);
  carry(dan, ana);

  char at_ana[200], at_dan[200];
  read_all(ana, at_ana);
  read_all(dan, at_dan);
  kith_close(ana);
  kith_close(dan);
  remove_copy("example-ana.kith");
  remove_copy("example-dan.kith");
  return strcmp(at_ana, "id repairs; body the gate; id shopping; body milk, cheese; ") == 0 &&
                 strcmp(at_ana, at_dan) == 0
             ? 0
             : 1;
}
