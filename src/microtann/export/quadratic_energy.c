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

static void NAME_stiffness(const NAME_curvature *curvature, double rates[NAME_COMPONENTS][NAME_WIDEST],
                           double *tangent)
{
    (void)curvature;
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        for (int c = 0; c < NAME_COMPONENTS; c++) {
            double row = NAME_dot(NAME_STATES, NAME_HESSIAN[i] + NAME_COMPONENTS, rates[c]);
            tangent[i * NAME_COMPONENTS + c] = NAME_ENERGY * (NAME_HESSIAN[i][c] + row);
        }
    }
}
