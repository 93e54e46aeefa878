/* Sums over the rows of matrices whose width is a multiple of eight, written so that compilers vectorise them. */

/* out += sum of factor[r] * row index[r] of the matrix, or row r where there is no index; four rows at a time */
static void NAME_add_rows(int rows, int width, const double *matrix, const int *index, const double *factor,
                          double *restrict out)
{
    int r = 0;
    for (; r + 4 <= rows; r += 4) {
        const double *a = matrix + (size_t)(index ? index[r] : r) * (size_t)width;
        const double *b = matrix + (size_t)(index ? index[r + 1] : r + 1) * (size_t)width;
        const double *c = matrix + (size_t)(index ? index[r + 2] : r + 2) * (size_t)width;
        const double *d = matrix + (size_t)(index ? index[r + 3] : r + 3) * (size_t)width;
        double f = factor[r], g = factor[r + 1], h = factor[r + 2], k = factor[r + 3];
        for (int i = 0; i < width; i++) {
            out[i] += f * a[i] + g * b[i] + (h * c[i] + k * d[i]);
        }
    }
    for (; r < rows; r++) {
        const double *a = matrix + (size_t)(index ? index[r] : r) * (size_t)width;
        double f = factor[r];
        for (int i = 0; i < width; i++) {
            out[i] += f * a[i];
        }
    }
}
