#include "drivers/redis/digest.h"

#include <openssl/evp.h>

#include <array>

#include "drivers/redis/private_files.h"
#include "reactor/invariant.h"

namespace drivers::redis {

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  INVARIANT(done == 1);
  return to_hex({digest.data(), size});
}

}  // namespace drivers::redis
