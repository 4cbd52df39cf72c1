/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kith's store for C, and for every language that can call C: SQLite tables whose column types say how concurrent
 * edits meet. Write plain SQL here, carry changes to another copy by whatever means there are, merge them there: both
 * copies show the same, in whatever order the changes came and how ever often.
 *
 *   static uint64_t now_ms(void* context) { ... Unix milliseconds ... }
 *
 *   kith_self self = {.wall_ms = now_ms};
 *   memcpy(self.device, my_32_random_bytes, 32);
 *   memcpy(self.person, my_32_other_bytes, 32);
 *   kith_db* db;
 *   if (kith_open("notes.kith", "CREATE TABLE notes(id TEXT PRIMARY KEY, body LWW_TEXT);", &self, &db) != KITH_OK) {
 *     fprintf(stderr, "%s %s\n", kith_error_cause(db), kith_error_remedy(db));
 *   }
 *   kith_value values[] = {kith_text("0191e4a0-5b7c-7000-8000-000000000000"), kith_text("milk, bread")};
 *   kith_begin(db, "note written");
 *   kith_exec(db, "INSERT INTO notes(id, body) VALUES (?, ?)", values, 2);
 *   kith_commit(db, NULL);
 *   kith_close(db);
 *
 * What this is not: nothing is signed or encrypted here, and who hands in a change is believed. Between people who do
 * not trust each other's programs, use a node (the command `kith`), which does both.
 *
 * Rules for all functions. A kith_db is used by one thread at a time, and by one process at a time. Text is UTF-8 with
 * a zero byte behind it, but for values, which have a length. What a callback is given lives until it returns; a
 * callback must not use the same kith_db. Functions return KITH_OK, or KITH_ERROR and then kith_error_... say what
 * happened and what to do. Nothing is half done: a call that failed has changed nothing.
 *
 * Compatibility: functions, fields and error names that are here stay; structs are not extended.
 */
#ifndef KITH_C_H
#define KITH_C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kith_db kith_db;

enum { KITH_OK = 0, KITH_ERROR = 1 };

/* -- Values ------------------------------------------------------------------------------------------------------ */

typedef enum kith_type { KITH_NULL = 0, KITH_INTEGER = 1, KITH_REAL = 2, KITH_TEXT = 3, KITH_BLOB = 4 } kith_type;

/* One SQL value. `data` and `size` are of texts and blobs; whoever made the value owns the bytes. */
typedef struct kith_value {
  kith_type type;
  int64_t integer;
  double real;
  const void* data;
  size_t size;
} kith_value;

static inline kith_value kith_null(void) {
  kith_value v = {KITH_NULL, 0, 0, NULL, 0};
  return v;
}
static inline kith_value kith_integer(int64_t integer) {
  kith_value v = {KITH_INTEGER, integer, 0, NULL, 0};
  return v;
}
static inline kith_value kith_real(double real) {
  kith_value v = {KITH_REAL, 0, real, NULL, 0};
  return v;
}
static inline kith_value kith_text(const char* text) {
  kith_value v = {KITH_TEXT, 0, 0, text, strlen(text)};
  return v;
}
static inline kith_value kith_blob(const void* data, size_t size) {
  kith_value v = {KITH_BLOB, 0, 0, data, size};
  return v;
}

/* -- Opening ----------------------------------------------------------------------------------------------------- */

/*
 * Who writes at this copy, and what time it is.
 *   device   32 bytes that name this copy alone: random, made once, kept with the file, never used by a second copy
 *            (a backup that is put into use gets new ones).
 *   person   32 bytes that name whom it belongs to, on all her devices. Tables WRITABLE BY OWNER go by it.
 *   wall_ms  Unix milliseconds; called whenever something is written or merged.
 */
typedef struct kith_self {
  uint8_t device[32];
  uint8_t person[32];
  uint64_t (*wall_ms)(void* context);
  void* context;
} kith_self;

/*
 * Opens a file, or makes it (never ":memory:"). `schema` is the text of CREATE TABLE, CREATE INDEX, CREATE VIEW and
 * CREATE EVENT statements; a file keeps the schema that it was made with, and another is refused ("bad_schema"). Unless
 * there is no memory at all, *out is set even on failure, so that the error can be read; close it then as well.
 */
int kith_open(const char* path, const char* schema, const kith_self* self, kith_db** out);

/* Rolls an open transaction back and closes. NULL does nothing. */
void kith_close(kith_db* db);

/* -- Writing and reading ----------------------------------------------------------------------------------------- */

/* Begins a transaction. `event` says what is being done ("listing reserved") and travels with it; at most 256 bytes,
 * may be "". */
int kith_begin(kith_db* db, const char* event);

/*
 * Runs one INSERT, UPDATE or DELETE with a value for each ?. Outside of kith_begin and kith_commit it is a transaction
 * of its own. Keys are never NULL and never change; best they are UUIDs of version 7 in text form.
 */
int kith_exec(kith_db* db, const char* sql, const kith_value* parameters, size_t count);

/*
 * Commits; when it returns, the transaction is on the medium. *position (if not NULL) is its place in the journal of
 * this copy, 0 if nothing was changed. On failure the transaction is rolled back.
 */
int kith_commit(kith_db* db, int64_t* position);

/* Ends a transaction as if it had never been. */
void kith_rollback(kith_db* db);

/* A row of an answer. Anything but 0 ends the query early, which is no error. */
typedef int (*kith_row_callback)(void* context, size_t columns, const char* const* names, const kith_value* values);

/*
 * Runs one SELECT. Inside a transaction it sees what was written in it. The view kith_<table> has, beside the columns
 * of the table, kith_device and kith_writer (who made the row), kith_stamp and kith_changed (when).
 */
int kith_query(kith_db* db, const char* sql, const kith_value* parameters, size_t count, kith_row_callback row,
               void* context);

/* -- Carrying changes -------------------------------------------------------------------------------------------- */

/*
 * What one transaction changed (or a part of it, if it was large), as it is carried. All fields but `position` go to
 * the other copy as they are; `shape` and `values` are opaque.
 */
typedef struct kith_change {
  int64_t position; /* in the journal of the copy that gives it out; kith_merge ignores it */
  uint8_t device[32];
  uint8_t person[32];
  uint64_t stamp;
  int more; /* 1: the transaction goes on in the next change */
  const uint8_t* shape;
  size_t shape_size;
  const uint8_t* values;
  size_t values_size;
} kith_change;

/* Anything but 0 ends the walk early, which is no error. */
typedef int (*kith_change_callback)(void* context, const kith_change* change);

/*
 * Gives out every change after a position of this copy's journal, others' included, in order; 0 for all. The position
 * of the last one with more = 0 is where the next walk begins. Everything given out is on the medium.
 */
int kith_changes(kith_db* db, int64_t after, kith_change_callback change, void* context);

/*
 * Merges changes from another copy, all of them or, on failure, none. Order among transactions does not matter, and
 * what is here already is passed over; the parts of one transaction stay together and in order. *fresh (if not NULL)
 * says how many were new. A change whose stamp is more than ten minutes ahead of our clock is refused ("clock_ahead"):
 * keep it and try again when it is due.
 */
int kith_merge(kith_db* db, const kith_change* changes, size_t count, size_t* fresh);

/* -- Errors ------------------------------------------------------------------------------------------------------ */

/*
 * About the last call that failed; they live until the next call with this kith_db. Empty if none has failed.
 *   name     stable, for programs: "disk_full", "bad_sql", "constraint", "refused", "bad_schema", "usage" ...
 *   cause    one sentence for a person: what happened.
 *   remedy   one sentence: what to do about it; may be empty.
 * With a NULL kith_db: that there is none.
 */
const char* kith_error_name(const kith_db* db);
const char* kith_error_cause(const kith_db* db);
const char* kith_error_remedy(const kith_db* db);

#ifdef __cplusplus
}
#endif

#endif /* KITH_C_H */
