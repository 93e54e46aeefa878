/* Products of vectors, written so that compilers vectorise them. */
#define NAME_LANES 8

static double NAME_dot(int count, const double *a, const double *b)
{
    double lane[NAME_LANES] = {0.0}, total = 0.0;
    int i = 0;
    for (; i + NAME_LANES <= count; i += NAME_LANES) {
        for (int l = 0; l < NAME_LANES; l++) {
            lane[l] += a[i + l] * b[i + l];
        }
    }
    for (; i < count; i++) {
        total += a[i] * b[i];
    }
    for (int l = 0; l < NAME_LANES; l++) {
        total += lane[l];
    }
    return total;
}
