// SPDX-License-Identifier: Apache-2.0
// The functions of src/core.ts that the core calls. Sizes in bytes; files answer 0 or more, or an error: -1 not found,
// -2 no room, -3 anything else.
#pragma once

#include <cstddef>
#include <cstdint>

#define KITH_IMPORT(name) __attribute__((import_module("kith"), import_name(#name))) extern "C"

KITH_IMPORT(wall_ms) double kith_import_wall_ms();
KITH_IMPORT(steady_ms) double kith_import_steady_ms();
KITH_IMPORT(random) void kith_import_random(std::uint8_t* out, std::size_t size);

KITH_IMPORT(file_open) int kith_import_file_open(const char* name, std::size_t size, int create);
KITH_IMPORT(file_close) void kith_import_file_close(int file);
KITH_IMPORT(file_read) int kith_import_file_read(int file, double offset, std::uint8_t* out, std::size_t size);
KITH_IMPORT(file_write) int kith_import_file_write(int file, double offset, const std::uint8_t* data, std::size_t size);
KITH_IMPORT(file_truncate) int kith_import_file_truncate(int file, double size);
KITH_IMPORT(file_sync) int kith_import_file_sync(int file);
KITH_IMPORT(file_size) double kith_import_file_size(int file);
KITH_IMPORT(file_remove) int kith_import_file_remove(const char* name, std::size_t size);
KITH_IMPORT(file_rename)
int kith_import_file_rename(const char* from, std::size_t from_size, const char* to, std::size_t to_size);
KITH_IMPORT(file_exists) int kith_import_file_exists(const char* name, std::size_t size);
KITH_IMPORT(file_bytes) double kith_import_file_bytes();

KITH_IMPORT(socket_open) int kith_import_socket_open(const char* url, std::size_t size);
KITH_IMPORT(socket_send) void kith_import_socket_send(int socket, const std::uint8_t* data, std::size_t size);
KITH_IMPORT(socket_unsent) double kith_import_socket_unsent(int socket);
KITH_IMPORT(socket_close) void kith_import_socket_close(int socket);

/// The answer to a call: a result or a problem, as JSON.
KITH_IMPORT(answer) void kith_import_answer(int call, int is_result, const char* json, std::size_t size);
KITH_IMPORT(event) void kith_import_event(const char* json, std::size_t size);
/// Once: the names of the operations that change nothing.
KITH_IMPORT(queries) void kith_import_queries(const char* json, std::size_t size);
