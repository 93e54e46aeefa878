#include <limits.h>
#include <stddef.h>
#if defined(__wasm__) /* which has no library, and needs none */
#define fabs __builtin_fabs
#define sqrt __builtin_sqrt
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define HUGE_VAL __builtin_huge_val()
#define NAN __builtin_nan("")
#else
#include <math.h>
#include <string.h>
#endif
