#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_set.h"

namespace anomalyclip::trainer {

/// The folder's own name, whatever way it was written ("x/y/", ".").
std::string name_of(const std::filesystem::path& folder);

/// ASCII letters in lower case.
std::string lower(std::string_view text);

/// The sub-folders, sorted; hidden ones are not looked at.
std::vector<std::filesystem::path> sub_folders(const std::filesystem::path& folder);

/// The image files of a folder, sorted. Whatever else is there is named in `problems`.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder,
                                             std::vector<Problem>& problems);

/// Names the sub-folders that are not among `known`.
void name_stray_folders(const std::filesystem::path& folder,
                        std::initializer_list<std::string_view> known,
                        std::vector<Problem>& problems);

/// Names the images right in a folder that should hold folders only.
void name_stray_images(const std::filesystem::path& folder, std::vector<Problem>& problems);

enum class Pairing { kByName, kByNameElseOrder };

/// Masks of `images`, in their order, empty where there is none: see read_data_set() for the rule. What is without a
/// partner is named in `problems`.
std::vector<std::string> pair_masks(const std::vector<std::filesystem::path>& images,
                                    const std::vector<std::filesystem::path>& masks,
                                    const std::filesystem::path& mask_folder,
                                    std::vector<Problem>& problems,
                                    Pairing pairing = Pairing::kByNameElseOrder);

}  // namespace anomalyclip::trainer
