/* A quadratic energy of strain and state: its value, gradient, and rows of the tangent. */
typedef struct {
    char none;
} NAME_curvature;

static double NAME_stored(const double *place, double *gradient, NAME_curvature *curvature)
{
    curvature->none = 0;
    memset(gradient, 0, NAME_GRADIENT * sizeof(double));
    NAME_add_columns(NAME_COMPONENTS + NAME_STATES, NAME_GRADIENT, &NAME_HESSIAN[0][0], place, gradient);
    return 0.5 * NAME_dot(NAME_COMPONENTS + NAME_STATES, gradient, place);
}

static void NAME_stiffness(const NAME_curvature *curvature, const NAME_signals *signals, double *tangent)
{
    (void)curvature;
#if NAME_FOLDED /* one hidden layer: what its neurons do to the stress does not change */
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double row[NAME_NARROW] = {0.0}, answer[NAME_HIDDEN];
        for (int h = 0; h < NAME_HIDDEN; h++) {
            answer[h] = signals->slope[0][h] * NAME_ANSWER[i][h];
        }
        NAME_add_columns(NAME_HIDDEN, NAME_NARROW, &NAME_ENTRY[0][0], answer, row);
        for (int c = 0; c < NAME_COMPONENTS; c++) {
            tangent[i * NAME_COMPONENTS + c] = NAME_ENERGY * (NAME_HESSIAN[i][c] + row[c]);
        }
    }
#else
    double rates[NAME_COMPONENTS][NAME_WIDEST];
    NAME_pass_rates(signals, rates);
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        for (int c = 0; c < NAME_COMPONENTS; c++) {
            double row = NAME_dot(NAME_STATES, NAME_HESSIAN[i] + NAME_COMPONENTS, rates[c]);
            tangent[i * NAME_COMPONENTS + c] = NAME_ENERGY * (NAME_HESSIAN[i][c] + row);
        }
    }
#endif
}
