#pragma once

#include <filesystem>

#include "data/data_set.h"

namespace anomalyclip::trainer {

// One function a layout (see Layout). Each fills train, test and problems; the name is the caller's.
// @throws Error kRead

DataSet read_meta_json(const std::filesystem::path& root);
DataSet read_visa(const std::filesystem::path& root);
DataSet read_mvtec(const std::filesystem::path& root);
DataSet read_dagm(const std::filesystem::path& root);
DataSet read_kolektor(const std::filesystem::path& root);
DataSet read_isic(const std::filesystem::path& root);
DataSet read_images_masks(const std::filesystem::path& root);
DataSet read_thyroid(const std::filesystem::path& root);
DataSet read_yes_no(const std::filesystem::path& root);
DataSet read_chest(const std::filesystem::path& root);
DataSet read_good_and_other(const std::filesystem::path& root);

/// Whether a folder of this name holds normal samples: good, ok, normal, in any case.
bool means_good(const std::string& folder_name);

/// The layout that the folder shows, or kAutomatic when none fits.
Layout recognise_layout(const std::filesystem::path& root);

}  // namespace anomalyclip::trainer
