#include "drivers/power/secret.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "tests/running_loop.h"

using namespace drivers::power;
using reactor::Errc;

namespace {

struct Fixture {
  Fixture() { unsetenv("CREDENTIALS_DIRECTORY"); }
  ~Fixture() { unsetenv("CREDENTIALS_DIRECTORY"); }

  std::string file(const std::string& text, mode_t mode = 0600) const {
    const std::string path = folder.path / "bmc";
    unlink(path.c_str());
    std::ofstream{path} << text;
    REQUIRE(chmod(path.c_str(), mode) == 0);
    return path;
  }
  std::string fault(const std::string& source) const {
    const auto result = read_secret(source);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Errc::refused);
    CHECK(result.error().detail.find("hunter2") == std::string::npos);
    CHECK(result.error().detail.starts_with("secret "));
    return result.error().detail;
  }
  bool says(const std::string& source, const std::string& what) const {
    const std::string said = fault(source);
    CAPTURE(said);
    const bool found = said.find(what) != std::string::npos;
    CHECK(found);
    return found;
  }

  TempFolder folder;
};

}  // namespace

TEST_CASE("secret: one line: with or without a newline, blanks kept") {
  const Fixture fixture;
  CHECK(read_secret(fixture.file("hunter2\n")).value() == "hunter2");
  CHECK(read_secret(fixture.file("hunter2")).value() == "hunter2");
  CHECK(read_secret(fixture.file("hunter2\r\n")).value() == "hunter2");
  CHECK(read_secret(fixture.file(" a b \n")).value() == " a b ");
  CHECK(read_secret(fixture.file("hunter2\n", 0400)).value() == "hunter2");
  CHECK(read_secret(fixture.file(std::string(kLongestSecret, 'x'))).value().size() ==
        kLongestSecret);
}

TEST_CASE("secret: a new password: the next use has it") {
  const Fixture fixture;
  CHECK(read_secret(fixture.file("old")).value() == "old");
  CHECK(read_secret(fixture.file("new")).value() == "new");
}

TEST_CASE("secret: a file that others may read or change: refused, and said what to do") {
  const Fixture fixture;
  for (const mode_t mode :
       std::vector<mode_t>{0640, 0620, 0604, 0602, 0644, 0660, 0666, 0777, 0700})
    fixture.says(fixture.file("hunter2", mode), "chmod 600");
  fixture.says(fixture.file("hunter2", 0644), "has mode 0644");
}

TEST_CASE("secret: a file of somebody else's: refused") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root can give a file away");
    return;
  }
  const Fixture fixture;
  const std::string path = fixture.file("hunter2");
  REQUIRE(chown(path.c_str(), 1, 1) == 0);
  fixture.says(path, "belongs to user 1");
}

TEST_CASE("secret: what is no file of one line: refused") {
  const Fixture fixture;
  fixture.says("/nowhere/bmc", "cannot open it: No such file");
  fixture.says(fixture.folder.path, "is no regular file");
  fixture.says("/dev/null", "is no regular file");
  const std::string pipe = fixture.folder.path / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  fixture.says(pipe, "is no regular file");  // and not: waits for ever
  fixture.says(fixture.file(""), "is empty");
  fixture.says(fixture.file("\n"), "is empty");
  fixture.says(fixture.file("hunter2\nhunter2\n"), "more than one line");
  fixture.says(fixture.file(std::string{"hunter2\0x", 9}), "a zero byte");
  fixture.says(fixture.file(std::string(kLongestSecret + 1, 'x')), "is longer than 1024 bytes");
}

TEST_CASE("secret: a name without a slash: a credential of systemd's") {
  const Fixture fixture;
  fixture.says("bmc", "there is no $CREDENTIALS_DIRECTORY");
  fixture.file("hunter2\n", 0440);  // as systemd leaves it, with an access list for our user
  setenv("CREDENTIALS_DIRECTORY", fixture.folder.path.c_str(), 1);
  CHECK(read_secret("bmc").value() == "hunter2");
  CHECK(secret_file("bmc").value() == fixture.folder.path / "bmc");
  fixture.says("other", "cannot open it");
  fixture.says("..", "neither an absolute path nor a name");
  fixture.says("a/bmc", "neither an absolute path nor a name");
  fixture.says("", "neither an absolute path nor a name");
  fixture.file("hunter2\n", 0444);
  fixture.says("bmc", "has mode 0444");
}
