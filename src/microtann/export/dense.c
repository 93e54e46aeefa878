/* Equations in the slips that flow: U with U'U = K in the upper triangle, row by row. */

/* Replace K by U; return 0 where it is not positive. */
static int NAME_factorise_dense(int count, double (*matrix)[NAME_WIDTH])
{
    for (int k = 0; k < count; k++) {
        double *restrict row = matrix[k];
        double inverse;
        if (!(row[k] > 0.0)) {
            return 0;
        }
        inverse = 1.0 / sqrt(row[k]);
        for (int b = k; b < count; b++) {
            row[b] *= inverse;
        }
        for (int c = k + 1; c < count; c++) {
            double f = row[c];
            for (int b = c; b < count; b++) {
                matrix[c][b] -= f * row[b];
            }
        }
    }
    return 1;
}

static void NAME_solve_dense_lower(int count, double (*matrix)[NAME_WIDTH], double *x)
{
    for (int a = 0; a < count; a++) {
        double value = x[a] / matrix[a][a];
        x[a] = value;
        for (int b = a + 1; b < count; b++) {
            x[b] -= matrix[a][b] * value;
        }
    }
}

static void NAME_solve_dense_upper(int count, double (*matrix)[NAME_WIDTH], double *x)
{
    for (int a = count - 1; a >= 0; a--) {
        x[a] = (x[a] - NAME_dot(count - a - 1, matrix[a] + a + 1, x + a + 1)) / matrix[a][a];
    }
}
