#pragma once

/// Which sanitizer this is built with: g++ and clang tell it in different ways.
#ifdef __has_feature
#define GATEHOUSE_HAS_FEATURE(name) __has_feature(name)
#else
#define GATEHOUSE_HAS_FEATURE(name) 0
#endif

namespace gatehouse {

#if defined(__SANITIZE_ADDRESS__) || GATEHOUSE_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || GATEHOUSE_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

inline constexpr bool kSanitized = kAddressSanitizer || kThreadSanitizer;

}  // namespace gatehouse

#undef GATEHOUSE_HAS_FEATURE
