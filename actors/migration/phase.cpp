#include "actors/migration/phase.h"

#include <algorithm>
#include <utility>

namespace actors {

using enum Phase;

namespace {

// A look may find that several went by unheard.
constexpr std::array<std::pair<Phase, Phase>, 48> kTransitions{{
    {preparing, copying},   {preparing, complete},  {preparing, stayed},   {preparing, lost},
    {copying, switched},    {copying, resumed},     {copying, complete},   {copying, stayed},
    {copying, stranded},    {copying, lost},        {switched, resumed},   {switched, complete},
    {switched, stayed},     {switched, stranded},   {switched, lost},      {resumed, complete},
    {resumed, stayed},      {resumed, stranded},    {resumed, lost},       {stranded, complete},
    {stranded, stayed},     {stranded, lost},       {stranded, stranded},  {stranded, recovering},
    {recovering, stranded}, {recovering, complete}, {recovering, stayed},  {recovering, lost},
    {preparing, clearing},  {copying, clearing},    {switched, clearing},  {resumed, clearing},
    {stranded, clearing},   {recovering, clearing}, {clearing, complete},  {clearing, stayed},
    {clearing, lost},       {clearing, clearing},   {preparing, stranded}, {copying, copying},
    {stranded, copying},    {preparing, ended},     {copying, ended},      {switched, ended},
    {resumed, ended},       {stranded, ended},      {recovering, ended},   {recovering, recovering},
}};

}  // namespace

bool may_follow(Phase from, Phase to) {
  return std::ranges::count(kTransitions, std::pair{from, to}) == 1;
}

}  // namespace actors
