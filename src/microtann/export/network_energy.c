/* An energy of one hidden layer of rectified powers: its value, gradient, and rows of the tangent. */
typedef struct {
    double second[NAME_NEURONS]; /* second derivative of every neuron, with its weight in the energy */
} NAME_curvature;

static double NAME_stored(const double *place, double *gradient, NAME_curvature *curvature)
{
    double input[NAME_NEURONS], first[NAME_NEURONS], stored = NAME_DATUM;
    memcpy(input, NAME_THRESHOLDS, sizeof input);
    NAME_add_rows(NAME_COMPONENTS + NAME_STATES, NAME_NEURONS, &NAME_DIRECTIONS[0][0], NULL, place, input);
    for (int k = 0; k < NAME_NEURONS; k++) {
        double x = input[k] > 0.0 ? input[k] : 0.0, power = NAME_OUTPUT[k];
        for (int i = 0; i < NAME_POWER - 2; i++) {
            power *= x;
        }
        curvature->second[k] = NAME_POWER * (NAME_POWER - 1) * power;
        first[k] = NAME_POWER * power * x;
        stored += power * x * x;
    }
    for (int i = 0; i < NAME_COMPONENTS + NAME_STATES; i++) {
        gradient[i] = NAME_dot(NAME_NEURONS, NAME_DIRECTIONS[i], first);
    }
    return stored;
}

static void NAME_stiffness(const NAME_curvature *curvature, const NAME_signals *signals, double *tangent)
{
    double rates[NAME_COMPONENTS][NAME_WIDEST];
    double bent[NAME_COMPONENTS][NAME_NEURONS];
    NAME_pass_rates(signals, rates);
    memcpy(bent, NAME_DIRECTIONS, sizeof bent);
    NAME_add_to_all(NAME_STATES, NAME_NEURONS, NAME_DIRECTIONS[NAME_COMPONENTS], &rates[0][0], NAME_WIDEST,
                    &bent[0][0], NAME_NEURONS);
    for (int c = 0; c < NAME_COMPONENTS; c++) {
        for (int k = 0; k < NAME_NEURONS; k++) {
            bent[c][k] *= curvature->second[k];
        }
        for (int i = 0; i < NAME_COMPONENTS; i++) {
            tangent[i * NAME_COMPONENTS + c] = NAME_ENERGY * NAME_dot(NAME_NEURONS, NAME_DIRECTIONS[i], bent[c]);
        }
    }
}
