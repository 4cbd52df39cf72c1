# libsodium, zstd and googletest from Debian's sources, compiled for WebAssembly under the names that the rooms know. What is not used falls
# away at linking.
set(KITH_DEBIAN "${CMAKE_SOURCE_DIR}/third_party/debian")
if(NOT EXISTS "${KITH_DEBIAN}/libsodium/src" OR NOT EXISTS "${KITH_DEBIAN}/libzstd/lib")
  message(FATAL_ERROR "The sources of libsodium and zstd are not in ${KITH_DEBIAN}. Run script/setup first.")
endif()

set(sodium "${KITH_DEBIAN}/libsodium/src/libsodium")
file(GLOB_RECURSE sodium_sources "${sodium}/*.c")
add_library(kith_sodium STATIC EXCLUDE_FROM_ALL ${sodium_sources})
# Its configure script would make version.h; the one of its Windows build holds the same.
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/sodium/sodium")
file(READ "${KITH_DEBIAN}/libsodium/builds/msvc/version.h" version)
string(REPLACE "\"export.h\"" "\"sodium/export.h\"" version "${version}")
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/sodium/sodium/version.h" CONTENT "${version}")
target_include_directories(kith_sodium SYSTEM BEFORE PUBLIC "${sodium}/include" "${CMAKE_BINARY_DIR}/sodium" PRIVATE "${sodium}/include/sodium" "${CMAKE_BINARY_DIR}/sodium/sodium")
target_compile_definitions(kith_sodium PUBLIC SODIUM_STATIC=1 PRIVATE CONFIGURED=1 DEV_MODE=0 NATIVE_LITTLE_ENDIAN=1 HAVE_GETENTROPY=1 HAVE_STDINT_H=1
  _WASI_EMULATED_SIGNAL=1)
target_compile_options(kith_sodium PRIVATE -w)
target_link_libraries(kith_sodium PUBLIC wasi-emulated-signal)
add_library(PkgConfig::SODIUM ALIAS kith_sodium)

file(GLOB zstd_sources "${KITH_DEBIAN}/libzstd/lib/common/*.c" "${KITH_DEBIAN}/libzstd/lib/compress/*.c" "${KITH_DEBIAN}/libzstd/lib/decompress/*.c")
add_library(kith_zstd STATIC EXCLUDE_FROM_ALL ${zstd_sources})
target_include_directories(kith_zstd SYSTEM BEFORE PUBLIC "${KITH_DEBIAN}/libzstd/lib")
target_compile_definitions(kith_zstd PRIVATE ZSTD_DISABLE_ASM=1 ZSTD_LEGACY_SUPPORT=0 DEBUGLEVEL=0 XXH_NAMESPACE=ZSTD_ DYNAMIC_BMI2=0
  ZSTD_STRIP_ERROR_STRINGS=1 HUF_FORCE_DECOMPRESS_X1=1 ZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT=1)
target_compile_options(kith_zstd PRIVATE -w -Oz)
# codec/compress.cc compresses at level 3, which is the strategy doubleFast for every length, and never with a dictionary: the other strategies,
# 180 kB of code, give their names to that one in the table that they are chosen from. (This version has no ZSTD_EXCLUDE_…; all have one type.)
set(strategies)
foreach(strategy fast greedy lazy lazy2 btlazy2 btopt btultra btultra2)
  foreach(form "" _row _extDict _extDict_row _dictMatchState _dictMatchState_row _dedicatedDictSearch _dedicatedDictSearch_row)
    list(APPEND strategies "ZSTD_compressBlock_${strategy}${form}=ZSTD_compressBlock_doubleFast")
  endforeach()
endforeach()
list(APPEND strategies ZSTD_compressBlock_doubleFast_dictMatchState=ZSTD_compressBlock_doubleFast)
set_source_files_properties("${KITH_DEBIAN}/libzstd/lib/compress/zstd_compress.c" PROPERTIES COMPILE_DEFINITIONS "${strategies}")
add_library(PkgConfig::ZSTD ALIAS kith_zstd)

# The tests: googletest with the constructs of exceptions ignored, and a small stand-in for rapidcheck, which needs them.
set(googletest /usr/src/googletest/googletest)
add_library(kith_gtest STATIC EXCLUDE_FROM_ALL "${googletest}/src/gtest-all.cc")
target_include_directories(kith_gtest SYSTEM BEFORE PUBLIC "${googletest}/include" PRIVATE "${googletest}")
target_compile_definitions(kith_gtest PUBLIC GTEST_HAS_PTHREAD=0 GTEST_HAS_EXCEPTIONS=0 GTEST_HAS_DEATH_TEST=0 GTEST_HAS_STREAM_REDIRECTION=0 GTEST_HAS_POSIX_RE=0)
target_compile_options(kith_gtest PRIVATE -w)
add_library(GTest::gtest ALIAS kith_gtest)
add_library(kith_gtest_main STATIC EXCLUDE_FROM_ALL "${googletest}/src/gtest_main.cc")
target_link_libraries(kith_gtest_main PUBLIC kith_gtest)
target_compile_options(kith_gtest_main PRIVATE -w)
add_library(GTest::gtest_main ALIAS kith_gtest_main)
add_library(kith_rapidcheck INTERFACE)
target_include_directories(kith_rapidcheck SYSTEM BEFORE INTERFACE "${CMAKE_SOURCE_DIR}/web/wasm/testing")
set(RAPIDCHECK_LIBRARY kith_rapidcheck)
