/* Groups of slips that flow together: the states move in the directions that minimise the incremental energy. */

/* Multiply a vector on flowing components by T = root(s/R) (1 - u u') + u u', with the directions u of the flow. */
static void NAME_transform(const NAME_search *s, int count, double *vector)
{
    int p = 0;
    for (int a = 0; a < count; a++) {
        int g = s->active[a], first = NAME_FIRST[g], size = NAME_FIRST[g + 1] - first;
        double along = NAME_dot(size, s->flow + first, vector + p) * (1.0 - s->scale[a]) / (s->norm[a] * s->norm[a]);
        for (int i = 0; i < size; i++, p++) {
            vector[p] = s->scale[a] * vector[p] + along * s->flow[first + i];
        }
    }
}

/* Take what the flowing groups give way to from the tangent: the forces stay on their surfaces as these turn and
   grow, (G + J) dg = df with J = R/s (1 - u u') + R' u u', solved for T^-1 dg, whose matrix has no large numbers. */
static void NAME_soften(NAME_search *s, const NAME_law *law, int count, double *tangent)
{
    double largest = 0.0;
    int c = NAME_gather(s, count), start = 0;
    double half[NAME_SLIPS][NAME_NARROW], column[NAME_SLIPS];
    for (int a = 0; a < count; a++) {
        int g = s->active[a];
        double value, slope, total;
        s->norm[a] = NAME_norm_of(s->flow, g); /* from here on: of the flow, and by place */
        s->scale[a] = sqrt(NAME_weight(law, g, s->norm[a], &value, &slope, &total));
    }
    for (int p = 0; p < c; p++) {
        NAME_transform(s, count, s->chosen[p]);
    }
    for (int q = 0; q < c; q++) {
        for (int p = 0; p < c; p++) {
            column[p] = s->chosen[p][q];
        }
        NAME_transform(s, count, column);
        for (int p = 0; p < c; p++) {
            s->rows[p][q] = column[p];
        }
    }
    for (int a = 0; a < count; a++) {
        int g = s->active[a], first = NAME_FIRST[g], size = NAME_FIRST[g + 1] - first;
        double value, slope, total;
        NAME_resist(law, g, s->norm[a], &value, &slope, &total);
        for (int i = 0; i < size; i++) {
            s->rows[start + i][start + i] += 1.0;
            for (int j = 0; j < size; j++) {
                double pair = s->flow[first + i] * s->flow[first + j] / (s->norm[a] * s->norm[a]);
                s->rows[start + i][start + j] += (slope - 1.0) * pair;
            }
        }
        start += size;
    }
    for (int p = 0; p < c; p++) {
        largest = s->rows[p][p] > largest ? s->rows[p][p] : largest;
    }
    NAME_eliminate(c, NAME_WIDTH, &s->rows[0][0], s->inverse, NAME_INDEPENDENT * largest);
    for (int k = 0; k < NAME_NARROW; k++) {
        for (int p = 0; p < c; p++) {
            column[p] = NAME_RATES[s->member[p]][k];
        }
        NAME_transform(s, count, column);
        for (int p = 0; p < c; p++) {
            half[p][k] = column[p];
        }
    }
    NAME_forwards(c, NAME_WIDTH, &s->rows[0][0], s->inverse, NAME_NARROW, NAME_NARROW, &half[0][0]);
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double soft[NAME_NARROW] = {0.0};
        for (int p = 0; p < c; p++) {
            for (int k = 0; k < NAME_NARROW; k++) {
                soft[k] += half[p][i] * half[p][k];
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
    double trial[NAME_WIDTH] = {0.0}, force[NAME_DEPTH] = {0.0}, moved[NAME_DEPTH] = {0.0};
    double lost = 0.0, stored;
    int count;
    NAME_search search;
    NAME_law law;
    (void)start;
    (void)increment;
#if NAME_GROWS
    NAME_set_law(&law, state + NAME_MOVED, time_increment);
#else
    (void)time_increment;
    law.none = 0;
#endif
    for (int m = 0; m < NAME_MOVED; m++) {
        force[m] = NAME_dot(NAME_COMPONENTS, NAME_COUPLING[m], end) - state[m];
    }
    NAME_add_rows(NAME_MOVED, NAME_WIDTH, &NAME_NORMALS[0][0], NULL, force, trial);
    count = NAME_find_flow(&search, &law, trial);
    if (count < 0) {
        return 1;
    }
    if (count > 0) {
        NAME_add_rows(NAME_SLIPS, NAME_DEPTH, &NAME_BY_SLIP[0][0], NULL, search.flow, moved);
    }
    for (int m = 0; m < NAME_MOVED; m++) {
        force[m] -= moved[m];
        new_state[m] = state[m] + moved[m];
    }
    stored = 0.5 * NAME_dot(NAME_MOVED, force, force);
    for (int g = 0; g < NAME_GROUPS; g++) {
        double size = count > 0 ? NAME_norm_of(search.flow, g) : 0.0;
#if NAME_GROWS
        double p = state[NAME_MOVED + g] + size;
        new_state[NAME_MOVED + g] = p;
        lost += NAME_RESISTANCE[g] * size;
        if (size > 0.0 && NAME_VISCOSITY[g] > 0.0) {
            lost += NAME_VISCOSITY[g] * pow(size / time_increment, NAME_EXPONENT[g]) * size;
        }
        stored += 0.5 * NAME_HARDENING[g] * p * p;
        for (int j = 0; j < NAME_TERMS; j++) {
            stored += NAME_SATURATION[g][j] * (p + expm1(-NAME_RATE[g][j] * p) / NAME_RATE[g][j]);
        }
#else
        lost += size;
#endif
    }
    if (tangent) {
        memcpy(tangent, NAME_RIGID, sizeof NAME_RIGID);
        if (count > 0) {
            NAME_soften(&search, &law, count, tangent);
        }
    }
    for (int i = 0; i < NAME_COMPONENTS; i++) {
        double total = NAME_dot(NAME_COMPONENTS, NAME_ELASTIC[i], end);
        stored += 0.5 * total * end[i];
        stress[i] = NAME_ENERGY * (total + NAME_dot(NAME_MOVED, NAME_DRIVES[i], force));
    }
    *energy = NAME_ENERGY * stored;
    *dissipation = NAME_ENERGY * lost;
    return 0;
}
