// SPDX-License-Identifier: Apache-2.0
#include "store/file_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "base/check.h"

namespace kith::store {
namespace {

constexpr int kNameBytesMax = 512;
constexpr int kSectorBytes = 4096;

struct OpenFile {
  sqlite3_file base;  // first, as SQLite wants it
  File* file;
  FileSystem* files;
  char name[kNameBytesMax];
  bool is_temporary;
};

OpenFile& open_file(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file);
}

FileSystem& files_of(sqlite3_vfs* vfs) {
  return *static_cast<FileSystem*>(vfs->pAppData);
}

int code_of(const Error& error, int otherwise) {
  return error.code() == ErrorCode::kDiskFull ? SQLITE_FULL : otherwise;
}

int close(sqlite3_file* base) {
  OpenFile& open = open_file(base);
  delete open.file;
  open.file = nullptr;
  if (open.is_temporary) static_cast<void>(open.files->remove(open.name));
  return SQLITE_OK;
}

int read(sqlite3_file* base, void* out, int size, sqlite3_int64 offset) {
  const std::span<std::uint8_t> target(static_cast<std::uint8_t*>(out), static_cast<std::size_t>(size));
  const auto got = open_file(base).file->read_at(static_cast<std::uint64_t>(offset), target);
  if (!got.ok()) return SQLITE_IOERR_READ;
  if (*got == target.size()) return SQLITE_OK;
  std::memset(target.data() + *got, 0, target.size() - *got);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* base, const void* data, int size, sqlite3_int64 offset) {
  const ByteView bytes(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size));
  const auto done = open_file(base).file->write_at(static_cast<std::uint64_t>(offset), bytes);
  return done.ok() ? SQLITE_OK : code_of(done.error(), SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* base, sqlite3_int64 size) {
  const auto done = open_file(base).file->truncate(static_cast<std::uint64_t>(size));
  return done.ok() ? SQLITE_OK : code_of(done.error(), SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* base, int) {
  const auto done = open_file(base).file->sync();
  return done.ok() ? SQLITE_OK : code_of(done.error(), SQLITE_IOERR_FSYNC);
}

int file_size(sqlite3_file* base, sqlite3_int64* size) {
  const auto got = open_file(base).file->size();
  if (!got.ok()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(*got);
  return SQLITE_OK;
}

int no_lock(sqlite3_file*, int) {
  return SQLITE_OK;
}

int no_reserved_lock(sqlite3_file*, int* is_reserved) {
  *is_reserved = 0;
  return SQLITE_OK;
}

int no_file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
  return kSectorBytes;
}

int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

sqlite3_io_methods make_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;  // without shared memory: SQLite then asks for locking_mode=EXCLUSIVE in WAL mode
  methods.xClose = close;
  methods.xRead = read;
  methods.xWrite = write;
  methods.xTruncate = truncate;
  methods.xSync = sync;
  methods.xFileSize = file_size;
  methods.xLock = no_lock;
  methods.xUnlock = no_lock;
  methods.xCheckReservedLock = no_reserved_lock;
  methods.xFileControl = no_file_control;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}

const sqlite3_io_methods kMethods = make_methods();

int vfs_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* base, int flags, int* flags_out) {
  OpenFile& open = open_file(base);
  open.base.pMethods = nullptr;
  if (name == nullptr || std::strlen(name) >= kNameBytesMax)
    return SQLITE_CANTOPEN;  // temporary files stay in memory (temp_store)
  const auto create = (flags & SQLITE_OPEN_CREATE) != 0;
  auto file = files_of(vfs).open(name, create);
  if (!file.ok()) return code_of(file.error(), SQLITE_CANTOPEN);
  open.file = std::move(file).value().release();
  open.files = &files_of(vfs);
  std::strcpy(open.name, name);
  open.is_temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  open.base.pMethods = &kMethods;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

// A file that was removed may be there again after a power cut, and a rollback journal would then undo what was
// committed since. (On its own file systems SQLite syncs the directory.) So it is emptied for good first.
int vfs_delete(sqlite3_vfs* vfs, const char* name, int) {
  if (!files_of(vfs).exists(name)) return SQLITE_IOERR_DELETE_NOENT;
  const auto file = files_of(vfs).open(name, false);
  if (!file.ok() || !(*file)->truncate(0).ok() || !(*file)->sync().ok()) return SQLITE_IOERR_DELETE;
  return files_of(vfs).remove(name).ok() ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int vfs_access(sqlite3_vfs* vfs, const char* name, int, int* result) {
  *result = files_of(vfs).exists(name) ? 1 : 0;
  return SQLITE_OK;
}

int vfs_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::strcpy(out, name);
  return SQLITE_OK;
}

// What SQLite draws here (salts of the write-ahead log) protects nothing; a simulator wants it to repeat.
int vfs_randomness(sqlite3_vfs*, int size, char* out) {
  std::memset(out, 0x5a, static_cast<std::size_t>(size));
  return size;
}

int vfs_sleep(sqlite3_vfs*, int microseconds) {
  return microseconds;
}

// The engine reads no clock: SQL that asks for the time gets the beginning of 1970 (schema and statements are told to
// hand it in).
int vfs_time(sqlite3_vfs*, double* days) {
  constexpr double kJulianDayOf1970 = 2440587.5;
  *days = kJulianDayOf1970;
  return SQLITE_OK;
}

}  // namespace

#if SQLITE_OS_OTHER
// SQLite built without a system below it asks for these.
extern "C" int sqlite3_os_init() {
  return SQLITE_OK;
}
extern "C" int sqlite3_os_end() {
  return SQLITE_OK;
}
#endif

FileVfs::FileVfs(FileSystem& files) : vfs_(new sqlite3_vfs{}) {
  static std::uint64_t serial = 0;
  name_ = "kith-files-" + std::to_string(++serial);
  vfs_->iVersion = 1;
  vfs_->szOsFile = sizeof(OpenFile);
  vfs_->mxPathname = kNameBytesMax;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = &files;
  vfs_->xOpen = vfs_open;
  vfs_->xDelete = vfs_delete;
  vfs_->xAccess = vfs_access;
  vfs_->xFullPathname = vfs_full_path;
  vfs_->xRandomness = vfs_randomness;
  vfs_->xSleep = vfs_sleep;
  vfs_->xCurrentTime = vfs_time;
  CHECK(sqlite3_vfs_register(vfs_, 0) == SQLITE_OK);
}

FileVfs::~FileVfs() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

}  // namespace kith::store
