#!/usr/bin/env bash
# anomalyclip convert: every format gives the same model; bad input gives one line that says why, and no file.
source "$(dirname "$0")/lib.sh"

# ---- the same weights, whatever they come in
run convert "$golden/checkpoint_state_dict.pt" -o state_dict.safetensors
says 'state dict, inside "state_dict"'
says 'ViT, 2 layers of 64, patches of 4 px, trained at 8 px, features of 32'
says 'text tower   2 layers of 64, 77 tokens of 128'
says 'quick_gelu, assumed'
says 'fingerprint  '

run convert "$golden/checkpoint_hf" -o hf.safetensors
says 'folder with pytorch_model.bin.index.json (2 files), Hugging Face names'
says 'activation   gelu'
run convert "$golden/checkpoint_state_dict.pt" --activation gelu -o gelu.safetensors
same hf.safetensors gelu.safetensors

run convert "$golden/checkpoint_torchscript_half.pt" --half -o script.safetensors
says 'TorchScript archive'
run convert "$golden/checkpoint_before_1_6.pt" --half -o old.safetensors
run convert "$golden/checkpoint_state_dict.pt" --half -o half.safetensors
same script.safetensors half.safetensors
same old.safetensors half.safetensors

# ---- what it wrote is a source too, also over itself
run convert state_dict.safetensors -o again.safetensors
same state_dict.safetensors again.safetensors
run convert again.safetensors -o again.safetensors
same state_dict.safetensors again.safetensors

# ---- a folder with one file of weights
mkdir folder
cp gelu.safetensors folder/model.safetensors
run convert folder -o folder.safetensors
same folder.safetensors gelu.safetensors
echo '{"vision_config": {"hidden_act": "relu"}}' >folder/config.json
run convert folder -o folder.safetensors # its own metadata count first
run convert "$golden/checkpoint_before_1_6.pt" -o old.safetensors
cp "$golden/checkpoint_before_1_6.pt" folder/pytorch_model.bin
rm folder/model.safetensors
refuse 1 '"vision_config.hidden_act" should be quick_gelu or gelu, and is "relu"' convert folder -o bad.safetensors
echo '{"vision_config": {"hidden_size": 64, "num_attention_heads": 2}}' >folder/config.json
refuse 1 '"vision_config.num_attention_heads" should be hidden_size / 64' convert folder -o bad.safetensors
rm folder/config.json
echo '{"model_cfg": {"quick_gelu": true}}' >folder/open_clip_config.json
run convert folder -o folder.safetensors
same folder.safetensors old.safetensors

# ---- refusals
refuse 1 '"posix.system"' convert "$golden/checkpoint_malicious.pt" -o bad.safetensors
[[ ! -e this-file-shows-that-a-checkpoint-was-executed ]] || fail "a checkpoint was executed"
refuse 1 'none.pt: no such file' convert none.pt -o bad.safetensors
refuse 1 'not a valid safetensors file' convert "$golden/make_checkpoints.py" -o bad.safetensors
refuse 1 'is not a CLIP ViT checkpoint' convert "$golden/tiny.safetensors" -o bad.safetensors
refuse 1 'convert --prompts' convert "$golden/checkpoint_upstream_prompts.pth" -o bad.safetensors
head -c 300000 "$golden/checkpoint_state_dict.pt" >cut.pt
refuse 1 'cut.pt: not a readable PyTorch archive' convert cut.pt -o bad.safetensors
refuse 1 'there is no folder' convert state_dict.safetensors -o nowhere/out.safetensors
refuse 1 'not a regular file' convert state_dict.safetensors -o folder
mkdir empty
refuse 1 'holds no weights' convert empty -o bad.safetensors

# ---- prompts need the model that they were trained on, with all its tokens
refuse 1 'is not a prompt checkpoint' convert --prompts "$golden/checkpoint_state_dict.pt" --model state_dict.safetensors -o bad.safetensors
refuse 1 'vocabulary of 128' convert --prompts "$golden/checkpoint_upstream_prompts.pth" --model state_dict.safetensors -o bad.safetensors

# ---- wrong usage
refuse 2 'name either a SOURCE checkpoint' convert -o out.safetensors
refuse 2 '--output is required' convert state_dict.safetensors
refuse 2 '--activation' convert state_dict.safetensors -o out.safetensors --activation relu
refuse 2 '--quarter' convert state_dict.safetensors -o out.safetensors --quarter
refuse 2 '--model' convert --prompts epoch_15.pth -o out.safetensors
refuse 2 'name either' convert state_dict.safetensors --prompts epoch_15.pth --model state_dict.safetensors -o out.safetensors

[[ ! -e bad.safetensors && ! -e out.safetensors ]] || fail "a refused conversion left a file"
! compgen -G '*.part' || fail "a refused conversion left a part of a file"
