#include "tools/sim/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "reactor/invariant.h"

namespace sim_tool {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  INVARIANT(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void Sha256::add(std::string_view bytes) {
  INVARIANT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  INVARIANT(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
  std::string out;
  for (unsigned int i = 0; i < size; ++i)
    out += fmt::format("{:02x}", digest[i]);
  return out;
}

}  // namespace sim_tool
