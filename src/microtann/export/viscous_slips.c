/* Viscous slips: the states move in the directions of the slips that minimise the incremental energy. */

/* Take what the flowing slips give way to from the tangent: their forces grow with their speed. */
static int NAME_soften(double viscosity, NAME_flow *f, double *tangent)
{
    double half[NAME_SLIPS][NAME_NARROW], column[NAME_SLIPS], root[NAME_SLIPS];
    int count = 0;
    for (int i = 0; i < NAME_SLIPS; i++) {
        if (f->slip[i] != 0.0) {
            double stiff = NAME_EXPONENT * viscosity * pow(fabs(f->slip[i]), NAME_EXPONENT - 1.0);
            root[count] = sqrt(NAME_GRAM[i][i] + stiff); /* which may be astronomic for a slip that hardly moves */
            f->before[count] = stiff;
            f->flowing[count++] = i;
        }
    }
    for (int a = 0; a < count; a++) {
        for (int b = a; b < count; b++) {
            f->matrix[a][b] = NAME_GRAM[f->flowing[a]][f->flowing[b]] / root[a] / root[b];
        }
        f->matrix[a][a] += f->before[a] / root[a] / root[a];
    }
    if (!NAME_factorise_dense(count, f->matrix)) {
        return 1;
    }
    for (int k = 0; k < NAME_COMPONENTS; k++) {
        for (int a = 0; a < count; a++) {
            column[a] = NAME_RATES[f->flowing[a]][k] / root[a];
        }
        NAME_solve_dense_lower(count, f->matrix, column);
        for (int a = 0; a < count; a++) {
            half[a][k] = column[a];
        }
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        for (int j = 0; j < NAME_COMPONENTS; j++) {
            double soft = 0.0;
            for (int a = 0; a < count; a++) {
                soft += half[a][i] * half[a][j];
            }
            tangent[i * NAME_COMPONENTS + j] -= NAME_ENERGY * soft;
        }
    }
    return 0;
}

static int NAME_point(double time_increment, const double *start, const double *increment, const double *end,
                      const double *state, double *stress, double *new_state, double *tangent, double *energy,
                      double *dissipation)
{
    double trial[NAME_WIDTH] = {0.0}, force[NAME_DEPTH] = {0.0}, moved[NAME_DEPTH] = {0.0};
    double viscosity = exp(NAME_LOG_VISCOSITY - NAME_EXPONENT * log(time_increment)), largest = 0.0, stored;
    NAME_flow flow;
    (void)start;
    (void)increment;
    for (int m = 0; m < NAME_STATES; m++) {
        force[m] = NAME_dot(NAME_COMPONENTS, NAME_COUPLING[m], end) - state[m];
    }
    NAME_add_rows(NAME_STATES, NAME_WIDTH, &NAME_NORMALS[0][0], NULL, force, trial);
    for (int i = 0; i < NAME_SLIPS; i++) {
        largest = fabs(trial[i]) > largest ? fabs(trial[i]) : largest;
    }
    if (!(largest < HUGE_VAL) || !NAME_find_flow(viscosity, trial, &flow)) {
        return 1;
    }
    NAME_add_rows(NAME_SLIPS, NAME_DEPTH, &NAME_BY_SLIP[0][0], NULL, flow.slip, moved);
    for (int m = 0; m < NAME_STATES; m++) {
        force[m] -= moved[m];
        new_state[m] = state[m] + moved[m];
    }
    *dissipation = NAME_ENERGY * NAME_dot(NAME_STATES, force, moved);
    if (tangent) {
        memcpy(tangent, NAME_RIGID, sizeof NAME_RIGID);
        if (NAME_soften(viscosity, &flow, tangent)) {
            return 1;
        }
    }
    stored = NAME_dot(NAME_STATES, force, force);
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double total = NAME_dot(NAME_COMPONENTS, NAME_ELASTIC[i], end);
        stored += total * end[i];
        stress[i] = NAME_ENERGY * (total + NAME_dot(NAME_STATES, NAME_DRIVES[i], force));
    }
    *energy = NAME_ENERGY * 0.5 * stored;
    return 0;
}
