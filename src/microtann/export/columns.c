/* Products with small matrices whose width is a multiple of eight: sums stay in registers, of which compilers of the
   kind of gcc are told how wide they are. */
#if !defined(__GNUC__)
#define NAME_AT_ONCE 1
typedef double NAME_numbers;
#else
#if defined(__AVX__)
#define NAME_AT_ONCE 4
#else
#define NAME_AT_ONCE 2
#endif
typedef double NAME_numbers __attribute__((vector_size(NAME_AT_ONCE * sizeof(double))));
#endif

/* out += sum of factor[r] * row r of the matrix; two rows at a time, so that sums do not wait for each other */
static void NAME_add_columns(int rows, int width, const double *matrix, const double *factor, double *restrict out)
{
    for (int i = 0; i < width; i += NAME_AT_ONCE) {
        const double *place = matrix + i;
        NAME_numbers row, next, sum, other = {0.0};
        memcpy(&sum, out + i, sizeof sum);
        for (int r = 0; r < rows / 2; r++, place += 2 * width) {
            memcpy(&row, place, sizeof row);
            memcpy(&next, place + width, sizeof next);
            sum += factor[2 * r] * row;
            other += factor[2 * r + 1] * next;
        }
        if (rows % 2) {
            memcpy(&row, place, sizeof row);
            sum += factor[rows - 1] * row;
        }
        sum += other;
        memcpy(out + i, &sum, sizeof sum);
    }
}
