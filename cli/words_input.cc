// SPDX-License-Identifier: Apache-2.0
#include "cli/words_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <sstream>
#include <vector>

#include "crypto/derive.h"
#include "crypto/words.h"
#include "node/platform.h"

namespace kith::cli {
namespace {

constexpr int kTriesMax = 3;
constexpr std::size_t kFileBytesMax = 4'096;

Identity identity_of(std::string_view words) {
  crypto::Key64 seed = crypto::seed_from_words(words);
  Identity out(crypto::derive_root(seed));
  crypto::wipe(seed.data);
  return out;
}

std::vector<std::string> parts(const std::string& words) {
  std::istringstream in(words);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

Result<void> write_words(const std::string& path, const std::string& words) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) {
    return Error(ErrorCode::kExists, "The file " + path + " is there already.",
                 "Choose another name for --words-file, so that no words are lost.");
  }
  if (fd < 0) return node::system_error(path + " could not be made");
  const std::string line = words + "\n";
  const bool is_written =
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  Result<void> result;
  if (!is_written) result = node::system_error(path + " could not be written");
  ::close(fd);
  if (!is_written) ::unlink(path.c_str());
  return result;
}

/// Two different places in the row of words.
std::pair<std::size_t, std::size_t> two_places(Random& random, std::size_t count) {
  const std::size_t first = random.u64() % count;
  const std::size_t second = (first + 1 + random.u64() % (count - 1)) % count;
  return {std::min(first, second), std::max(first, second)};
}

bool is_known(const std::string& wanted, std::size_t place) {
  for (int i = 0; i < kTriesMax; ++i) {
    std::fprintf(stderr, "Word %zu: ", place + 1);
    std::string answer;
    if (!std::getline(std::cin, answer)) return false;
    const auto given = parts(answer);
    if (given.size() == 1 && given[0] == wanted) return true;
    std::fprintf(stderr, "That is not word %zu. Look at what you wrote down.\n", place + 1);
  }
  return false;
}

Result<void> show_and_ask(Random& random, const std::string& words) {
  const auto row = parts(words);
  std::fputs("\nThese 12 words are you. Write them down on paper, in order; they are shown only this once.\n\n",
             stderr);
  for (std::size_t i = 0; i < row.size(); ++i)
    std::fprintf(stderr, "  %2zu %-10s%s", i + 1, row[i].c_str(), i % 4 == 3 ? "\n" : "");
  std::fputs("\nWhoever has them can be you. Press Enter when they are on paper. ", stderr);
  std::string ignored;
  std::getline(std::cin, ignored);
  std::fputs("\033[2J\033[H", stderr);
  const auto [first, second] = two_places(random, row.size());
  if (is_known(row[first], first) && is_known(row[second], second)) return {};
  return Error(ErrorCode::kBadWords, "The words were not repeated, so nothing was made.",
               "Begin again, and write the words down first.");
}

/// The terminal does not show what is typed while this lives.
class Unseen {
 public:
  Unseen() : is_terminal_(::isatty(STDIN_FILENO) == 1) {
    if (!is_terminal_) return;
    ::tcgetattr(STDIN_FILENO, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Unseen() {
    if (!is_terminal_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputs("\n", stderr);
  }

 private:
  bool is_terminal_;
  termios before_{};
};

Result<Secret> read_line() {
  if (::isatty(STDIN_FILENO) == 1) std::fputs("Your 12 words: ", stderr);
  const Unseen unseen;
  std::string line;
  std::getline(std::cin, line);
  return Secret(std::move(line));
}

Result<Secret> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return node::system_error(path + " could not be opened");
  std::string text(kFileBytesMax, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (n < 0) return node::system_error(path + " could not be read");
  text.resize(static_cast<std::size_t>(n));
  return Secret(std::move(text));
}

}  // namespace

Result<Identity> make_identity(Random& random, const std::string& words_file) {
  const Secret words(crypto::make_words(random));
  if (!words_file.empty()) {
    KITH_TRY(write_words(words_file, words.text));
  } else if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
    KITH_TRY(show_and_ask(random, words.text));
  } else {
    return Error(ErrorCode::kUsage, "There is no terminal to show your 12 words on.",
                 "Give --words-file FILE to have them written there, or --with-words FILE if you have words already.");
  }
  return identity_of(words.text);
}

Result<Secret> read_words(const std::string& file) {
  const Secret typed = KITH_TRY(file.empty() || file == "-" ? read_line() : read_file(file));
  return Secret(KITH_TRY(crypto::check_words(typed.text)));
}

Result<Identity> read_identity(const std::string& file) {
  const Secret words = KITH_TRY(read_words(file));
  return identity_of(words.text);
}

}  // namespace kith::cli
