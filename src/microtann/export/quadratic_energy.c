/* A quadratic energy of strain and state: its value, gradient, and rows of the tangent. */
typedef struct {
    char none;
} NAME_curvature;

static double NAME_stored(const double *place, double *gradient, NAME_curvature *curvature)
{
    curvature->none = 0;
    for (int i = 0; i < NAME_COMPONENTS + NAME_STATES; i++) {
        gradient[i] = NAME_dot(NAME_COMPONENTS + NAME_STATES, NAME_HESSIAN[i], place);
    }
    return 0.5 * NAME_dot(NAME_COMPONENTS + NAME_STATES, gradient, place);
}

static void NAME_stiffness(const NAME_curvature *curvature, const NAME_signals *signals, double *tangent)
{
    (void)curvature;
#if NAME_FOLDED /* one hidden layer: what its neurons do to the stress does not change */
    double soft[NAME_COMPONENTS][NAME_NARROW] = {{0.0}};
    for (int h = 0; h < NAME_HIDDEN; h++) {
        if (signals->slope[0][h] != 0.0) {
            for (int i = 0; i < NAME_COMPONENTS; i++) {
                double f = signals->slope[0][h] * NAME_ANSWER[h][i];
                for (int c = 0; c < NAME_NARROW; c++) {
                    soft[i][c] += f * NAME_ENTRY[h][c];
                }
            }
        }
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        for (int c = 0; c < NAME_COMPONENTS; c++) {
            tangent[i * NAME_COMPONENTS + c] = NAME_ENERGY * (NAME_HESSIAN[i][c] + soft[i][c]);
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
