/* Independent play mechanisms: each state flows so that its force does not exceed its resistance. */
static int NAME_point(double time_increment, const double *start, const double *increment, const double *end,
                      const double *state, double *stress, double *new_state, double *tangent, double *energy,
                      double *dissipation)
{
    enum { v = NAME_COMPONENTS, z = NAME_STATES };
    double conjugate[NAME_NARROW] = {0.0}, force[NAME_WIDTH] = {0.0}, slip[NAME_WIDTH], elastic[NAME_WIDTH];
    (void)time_increment;
    (void)start;
    (void)increment;
    NAME_add_columns(v, NAME_NARROW, &NAME_ELASTIC[0][0], end, conjugate);
    *energy = 0.5 * NAME_ENERGY * NAME_dot(v, conjugate, end);
    for (int m = 0; m < z; m++) {
        force[m] = -state[m];
    }
    NAME_add_columns(v, NAME_WIDTH, &NAME_DRIVES[0][0], end, force);
    for (int m = 0; m < NAME_WIDTH; m++) {
        double limit = NAME_RESISTANCE[m], held = force[m] > limit ? limit : force[m] < -limit ? -limit : force[m];
        int flows = fabs(force[m]) > limit * NAME_YIELDS;
        slip[m] = flows ? force[m] - held : 0.0;
        force[m] = flows ? held : force[m];
        elastic[m] = flows ? 0.0 : 1.0;
    }
    for (int m = 0; m < z; m++) {
        new_state[m] = state[m] + slip[m];
    }
    NAME_add_columns(z, NAME_NARROW, &NAME_COUPLING[0][0], force, conjugate);
    *energy += 0.5 * NAME_ENERGY * NAME_dot(NAME_WIDTH, force, force);
    *dissipation = NAME_ENERGY * NAME_dot(NAME_WIDTH, force, slip);
    for (int i = 0; i < v; i++) {
        stress[i] = NAME_ENERGY * conjugate[i];
    }
    for (int i = 0; tangent && i < v; i++) { /* without branches, which random flow would mispredict */
        double row[NAME_NARROW], column[NAME_WIDTH];
        memcpy(row, NAME_ELASTIC[i], sizeof row);
        for (int m = 0; m < NAME_WIDTH; m++) {
            column[m] = elastic[m] * NAME_DRIVES[i][m];
        }
        NAME_add_columns(z, NAME_NARROW, &NAME_COUPLING[0][0], column, row);
        for (int j = 0; j < v; j++) {
            tangent[i * v + j] = NAME_ENERGY * row[j];
        }
    }
    return 0;
}
