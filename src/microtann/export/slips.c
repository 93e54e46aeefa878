/* Coupled slips: the states move in the directions of the slips that minimise the incremental energy. */

/* Take what the flowing slips give way to from the tangent: half'half with U'half = Q of these slips. */
static void NAME_soften(NAME_search *s, int count, double *tangent)
{
    double half[NAME_MOST + 1][NAME_NARROW];
    for (int a = 0; a < count; a++) {
        memcpy(half[a], NAME_RATES[s->active[a]], sizeof half[a]);
    }
    for (int a = 0; a < count; a++) {
        const double *row = s->upper[a];
        double inverse = 1.0 / row[a];
        for (int c = 0; c < NAME_NARROW; c++) {
            half[a][c] *= inverse;
        }
        for (int b = a + 1; b < count; b++) {
            double f = row[b];
            for (int c = 0; c < NAME_NARROW; c++) {
                half[b][c] -= f * half[a][c];
            }
        }
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double soft[NAME_NARROW] = {0.0};
        for (int a = 0; a < count; a++) {
            double f = half[a][i];
            for (int c = 0; c < NAME_NARROW; c++) {
                soft[c] += f * half[a][c];
            }
        }
        for (int j = 0; j < NAME_COMPONENTS; j++) {
            tangent[i * NAME_COMPONENTS + j] -= NAME_ENERGY * soft[j];
        }
    }
}

static int NAME_point(double time_increment, const double *start, const double *increment, const double *end,
                      const double *state, double *stress, double *new_state, double *tangent, double *energy,
                      double *dissipation)
{
    double trial[NAME_WIDTH] = {0.0}, force[NAME_DEPTH] = {0.0}, flow[NAME_DEPTH] = {0.0};
    double largest = 0.0, lost = 0.0, stored;
    (void)time_increment;
    (void)start;
    (void)increment;
    for (int m = 0; m < NAME_STATES; m++) {
        force[m] = NAME_dot(NAME_COMPONENTS, NAME_COUPLING[m], end) - state[m];
    }
    NAME_add_rows(NAME_STATES, NAME_WIDTH, &NAME_NORMALS[0][0], NULL, force, trial);
    for (int i = 0; i < NAME_SLIPS; i++) {
        double size = fabs(trial[i]);
        largest = size > largest ? size : largest;
    }
    if (!(largest < HUGE_VAL)) {
        return 1;
    }
    if (tangent) {
        memcpy(tangent, NAME_RIGID, sizeof NAME_RIGID);
    }
    if (largest > 1.0 + NAME_YIELDS) {
        NAME_search search;
        int count = NAME_find_slips(trial, largest, &search);
        if (count < 0) {
            return 1;
        }
        for (int a = 0; a < count; a++) {
            lost += fabs(search.slip[a]);
        }
        NAME_add_rows(count, NAME_DEPTH, &NAME_BY_SLIP[0][0], search.active, search.slip, flow);
        if (tangent) {
            NAME_soften(&search, count, tangent);
        }
    }
    for (int m = 0; m < NAME_STATES; m++) {
        force[m] -= flow[m];
        new_state[m] = state[m] + flow[m];
    }
    stored = NAME_dot(NAME_STATES, force, force);
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double total = NAME_dot(NAME_COMPONENTS, NAME_ELASTIC[i], end);
        stored += total * end[i];
        stress[i] = NAME_ENERGY * (total + NAME_dot(NAME_STATES, NAME_DRIVES[i], force));
    }
    *energy = NAME_ENERGY * 0.5 * stored;
    *dissipation = NAME_ENERGY * lost;
    return 0;
}
