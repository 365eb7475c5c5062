#pragma once

#include <gmock/gmock.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <anomalyclip/error.h>

namespace anomalyclip::testing {

/// Expects that `action` throws an Error with this code, whose text contains every one of `parts`.
template <typename Action, typename... Part>
void expect_error(ErrorCode code, const Action& action, const Part&... parts) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& part : std::vector<std::string>{parts...})
      EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
    return;
  }
  ADD_FAILURE() << "no Error was thrown";
}

}  // namespace anomalyclip::testing
