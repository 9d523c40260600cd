// The hosts that every file of these tests has: the least that is right.
#pragma once

#include <string>

inline const std::string kHosts =
    "hosts:\n"
    "  - {name: wh1, role: warehouse, may_sleep: false}\n"
    "  - {name: s1, role: server, wake: [{exec: [/bin/true]}]}\n";
