/* Layers of neurons whose activation is made of straight lines, and their derivatives in directions of the strain.

   The weights of layer k start at NAME_OFFSET[k], a row for every input, as wide as NAME_ROW[k]; its biases likewise
   at NAME_SHIFT[k]. The inputs of the strain, in whose directions derivatives are taken, start at NAME_FIRST. */
typedef struct {
    double input[NAME_INPUTS];
    double value[NAME_LAYERS][NAME_WIDEST];
    double slope[NAME_LAYERS][NAME_WIDEST];
} NAME_signals;

static void NAME_activate(int count, double *value, double *slope)
{
    for (int i = 0; i < count; i++) {
        double x = value[i];
#if NAME_DEAD
        double below = x < 1.0 ? x : 1.0, inside = below > -1.0 ? below : -1.0;
        value[i] = x - inside;
        slope[i] = x == inside ? 0.0 : 1.0;
#else
        slope[i] = x > 0.0 ? 1.0 : NAME_LEAK;
        value[i] = slope[i] * x;
#endif
    }
}

/* Send the inputs through the layers; the last of the values are the outputs. */
static void NAME_pass(NAME_signals *s)
{
    const double *given = s->input;
    for (int k = 0; k < NAME_LAYERS; k++) {
        memcpy(s->value[k], NAME_BIASES + NAME_SHIFT[k], (size_t)NAME_ROW[k] * sizeof(double));
#if NAME_FOLDED
        NAME_add_columns(NAME_ROWS[k], NAME_ROW[k], NAME_WEIGHTS + NAME_OFFSET[k], given, s->value[k]);
#else
        NAME_add_rows(NAME_ROWS[k], NAME_ROW[k], NAME_WEIGHTS + NAME_OFFSET[k], NULL, given, s->value[k]);
#endif
        if (k < NAME_LAYERS - 1) {
            NAME_activate(NAME_ROW[k], s->value[k], s->slope[k]);
        }
        given = s->value[k];
    }
}

#if !NAME_FOLDED
#ifdef __GNUC__ /* clang too */
typedef double NAME_lanes __attribute__((vector_size(NAME_LANES * sizeof(double))));
#endif

/* Add rows, weighted by the numbers of every component, to a sum of each; numbers and sums of components lie a pitch
   apart, and widths are multiples of the lanes. Some columns of all sums at a time stay in registers, which compilers
   do not find themselves. */
static void NAME_add_to_all(int count, int width, const double *rows, const double *given, int pitch,
                            double *sums, int sums_pitch)
{
#ifdef __GNUC__
    for (int j = 0; j < width; j += NAME_LANES) {
        NAME_lanes sum[NAME_COMPONENTS], row;
        memset(sum, 0, sizeof sum);
        for (int i = 0; i < count; i++) {
            memcpy(&row, rows + i * width + j, sizeof row);
            for (int c = 0; c < NAME_COMPONENTS; c++) {
                sum[c] += given[c * pitch + i] * row;
            }
        }
        for (int c = 0; c < NAME_COMPONENTS; c++) {
            memcpy(&row, sums + c * sums_pitch + j, sizeof row);
            row += sum[c];
            memcpy(sums + c * sums_pitch + j, &row, sizeof row);
        }
    }
#else
    for (int c = 0; c < NAME_COMPONENTS; c++) {
        NAME_add_rows(count, width, rows, NULL, given + c * pitch, sums + c * sums_pitch);
    }
#endif
}

/* Write the derivatives of the outputs with respect to the components of the strain. */
static void NAME_pass_rates(const NAME_signals *s, double rates[NAME_COMPONENTS][NAME_WIDEST])
{
    double given[NAME_COMPONENTS][NAME_WIDEST];
    for (int c = 0; c < NAME_COMPONENTS; c++) {
        memcpy(rates[c], NAME_WEIGHTS + NAME_OFFSET[0] + (NAME_FIRST + c) * NAME_ROW[0],
               (size_t)NAME_ROW[0] * sizeof(double));
    }
    for (int k = 1; k < NAME_LAYERS; k++) {
        const double *weights = NAME_WEIGHTS + NAME_OFFSET[k];
        int width = NAME_ROW[k];
        for (int c = 0; c < NAME_COMPONENTS; c++) {
            for (int i = 0; i < NAME_ROWS[k]; i++) {
                given[c][i] = rates[c][i] * s->slope[k - 1][i];
            }
            memset(rates[c], 0, (size_t)width * sizeof(double));
        }
        NAME_add_to_all(NAME_ROWS[k], width, weights, &given[0][0], NAME_WIDEST,
                        &rates[0][0], NAME_WIDEST);
    }
}
#endif
