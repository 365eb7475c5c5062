// Precompiled: torch/torch.h takes half a minute to parse.
#include <torch/torch.h>
