# SQLite comes as the amalgamation inside the npm package better-sqlite3 (one source for native and WebAssembly); the rest from Debian.
set(KITH_SQLITE_DIR "${KITH_DEPS}/better-sqlite3/deps/sqlite3")
if(NOT EXISTS "${KITH_SQLITE_DIR}/sqlite3.c")
  message(FATAL_ERROR "SQLite's source is not in ${KITH_SQLITE_DIR}. Run script/setup first.")
endif()
add_library(kith_sqlite STATIC "${KITH_SQLITE_DIR}/sqlite3.c")
target_include_directories(kith_sqlite SYSTEM PUBLIC "${KITH_SQLITE_DIR}")
target_compile_definitions(kith_sqlite PUBLIC
  SQLITE_ENABLE_PREUPDATE_HOOK SQLITE_ENABLE_FTS5 SQLITE_DQS=0 SQLITE_THREADSAFE=$<IF:$<BOOL:${KITH_WASM}>,0,2> SQLITE_DEFAULT_MEMSTATUS=0
  SQLITE_DEFAULT_WAL_SYNCHRONOUS=1 SQLITE_OMIT_DEPRECATED SQLITE_OMIT_SHARED_CACHE SQLITE_OMIT_LOAD_EXTENSION
  SQLITE_USE_ALLOCA SQLITE_LIKE_DOESNT_MATCH_BLOBS)
target_compile_options(kith_sqlite PRIVATE -w)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT KITH_SANITIZE AND NOT KITH_WASM)
  target_compile_options(kith_sqlite PRIVATE -O2)
endif()
target_link_libraries(kith_sqlite PUBLIC m)
if(KITH_WASM)
  # No system below it: every file goes through a kith::FileSystem (engine/store/file_vfs.h).
  # What no statement of ours asks for is left out, as far as the grammar of the amalgamation allows: each kilobyte is one on a phone's first visit.
  target_compile_definitions(kith_sqlite PUBLIC SQLITE_OS_OTHER=1 SQLITE_OMIT_DESERIALIZE=1 SQLITE_OMIT_JSON SQLITE_OMIT_DATETIME_FUNCS
    SQLITE_OMIT_UTF16 SQLITE_OMIT_TRACE SQLITE_OMIT_PROGRESS_CALLBACK SQLITE_OMIT_COMPILEOPTION_DIAGS SQLITE_OMIT_COMPLETE SQLITE_OMIT_DECLTYPE
    SQLITE_OMIT_GET_TABLE SQLITE_OMIT_INTEGRITY_CHECK SQLITE_OMIT_INTROSPECTION_PRAGMAS SQLITE_OMIT_SCHEMA_PRAGMAS SQLITE_OMIT_TCL_VARIABLE
    SQLITE_OMIT_XFER_OPT SQLITE_OMIT_FOREIGN_KEY SQLITE_OMIT_AUTOVACUUM SQLITE_UNTESTABLE)
  target_compile_options(kith_sqlite PRIVATE -Oz)  # docs/decisions.md, "The browser"
  include(cmake/wasm_dependencies.cmake)
  return()
endif()
find_package(Threads REQUIRED)
target_link_libraries(kith_sqlite PUBLIC Threads::Threads)

find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
if(NOT KITH_ENGINE_ONLY)
  find_package(Boost 1.81 REQUIRED)
  find_package(OpenSSL REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
endif()
