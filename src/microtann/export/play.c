/* Independent play mechanisms: each state flows so that its force does not exceed its resistance. */
static int NAME_point(double time_increment, const double *start, const double *increment, const double *end,
                      const double *state, double *stress, double *new_state, double *tangent, double *energy,
                      double *dissipation)
{
    double stored = 0.0, lost = 0.0, conjugate[NAME_COMPONENTS];
    (void)time_increment;
    (void)start;
    (void)increment;
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double total = 0.0;
        for (int j = 0; j < NAME_COMPONENTS; j++) {
            total += NAME_ELASTIC[i][j] * end[j];
            if (tangent) {
                tangent[i * NAME_COMPONENTS + j] = NAME_ENERGY * NAME_ELASTIC[i][j];
            }
        }
        stored += 0.5 * total * end[i];
        conjugate[i] = total;
    }
    for (int m = 0; m < NAME_STATES; m++) {
        double force = -state[m], limit = NAME_RESISTANCE[m];
        for (int j = 0; j < NAME_COMPONENTS; j++) {
            force += NAME_COUPLING[m][j] * end[j];
        }
        new_state[m] = state[m];
        if (fabs(force) > limit * NAME_YIELDS) {
            double left = force > 0.0 ? limit : -limit;
            new_state[m] += force - left;
            lost += left * (force - left);
            force = left;
        } else if (tangent) {
            for (int i = 0; i < NAME_COMPONENTS; i++) {
                double row = NAME_ENERGY * NAME_COUPLING[m][i];
                for (int j = 0; j < NAME_COMPONENTS; j++) {
                    tangent[i * NAME_COMPONENTS + j] += row * NAME_COUPLING[m][j];
                }
            }
        }
        stored += 0.5 * force * force;
        for (int i = 0; i < NAME_COMPONENTS; i++) {
            conjugate[i] += force * NAME_COUPLING[m][i];
        }
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        stress[i] = NAME_ENERGY * conjugate[i];
    }
    *energy = NAME_ENERGY * stored;
    *dissipation = NAME_ENERGY * lost;
    return 0;
}
