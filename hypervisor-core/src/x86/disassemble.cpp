// SPDX-License-Identifier: MIT
//
// disassemble.cpp - Zydis's formatter with our symbols put in.

#include "x86/disassemble.h"

#include "x86/zydis_decoder.h"

#include <array>

namespace gv::x86 {
namespace {

// A mangled C++ name may be longer than a line; the text buffer has room for this much.
constexpr std::size_t kLongestSymbol = 160;

struct FormatContext {
  const Symbolizer& symbolizer;
  ZydisFormatterFunc print_address;  // what Zydis itself would do
};

ZyanStatus print_address(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                         ZydisFormatterContext* context) {
  const auto& ours = *static_cast<const FormatContext*>(context->user_data);
  ZyanU64 target = 0;
  if (ours.symbolizer &&
      ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(context->instruction, context->operand,
                                            context->runtime_address, &target))) {
    std::string name = ours.symbolizer(Gva(target));
    if (name.size() > kLongestSymbol)
      name.resize(kLongestSymbol);
    if (!name.empty()) {
      ZyanString* text = nullptr;
      ZyanStringView view;
      if (!ZYAN_SUCCESS(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL)) ||
          !ZYAN_SUCCESS(ZydisFormatterBufferGetString(buffer, &text)) ||
          !ZYAN_SUCCESS(ZyanStringViewInsideBufferEx(&view, name.data(), name.size()))) {
        return ZYAN_STATUS_FAILED;
      }
      return ZyanStringAppend(text, &view);
    }
  }
  return ours.print_address(formatter, buffer, context);
}

// Small numbers read best in decimal-free, lower-case hex: 0x3f8, not 0x000003F8.
struct Formatter {
  ZydisFormatter zydis{};
  ZydisFormatterFunc original_print_address = nullptr;
  Formatter() {
    ZydisFormatterInit(&zydis, ZYDIS_FORMATTER_STYLE_INTEL);
    ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
                              ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
                              ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
    const void* hook = reinterpret_cast<const void*>(&print_address);
    ZydisFormatterSetHook(&zydis, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS, &hook);
    original_print_address = reinterpret_cast<ZydisFormatterFunc>(const_cast<void*>(hook));
  }
};

}  // namespace

Disassembly disassemble(const std::uint8_t* bytes, std::size_t available, Gva address,
                        CodeSize code_size, const Symbolizer& symbolizer) {
  static const Formatter formatter;
  ZydisDecodedInstruction in;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  Disassembly out;
  out.text = "(bad)";
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&zydis_decoder(code_size, DecoderDetail::Full), bytes,
                                           available, &in, operands.data()))) {
    return out;
  }
  std::array<char, 256> text{};
  FormatContext context{symbolizer, formatter.original_print_address};
  if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter.zydis, &in, operands.data(),
                                                    in.operand_count_visible, text.data(),
                                                    text.size(), address.value, &context))) {
    return out;
  }
  out.text = text.data();
  out.length = in.length;
  out.valid = true;
  return out;
}

}  // namespace gv::x86
