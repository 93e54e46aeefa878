/* The slips of a point and what is needed to find them. */
typedef struct {
    double slip[NAME_WIDTH], force[NAME_WIDTH];  /* g, and r - G g */
    double before[NAME_WIDTH], step[NAME_WIDTH]; /* scratch */
    double matrix[NAME_SLIPS][NAME_WIDTH];       /* of the slips that flow */
    int flowing[NAME_SLIPS];
} NAME_flow;

/* Write the slips that do not depend on the rate; none where they are not found. Return whether they were. */
static int NAME_slow_flow(const double *trial, NAME_flow *f)
{
    double largest = 0.0;
    int count = 0;
    NAME_search search;
    memset(f->slip, 0, sizeof f->slip);
    for (int i = 0; i < NAME_SLIPS; i++) {
        largest = fabs(trial[i]) > largest ? fabs(trial[i]) : largest;
    }
    if (largest > 1.0 + NAME_YIELDS) {
        count = NAME_find_slips(trial, largest, &search);
    }
    for (int a = 0; a < count; a++) {
        f->slip[search.active[a]] = search.slip[a];
    }
    return count >= 0;
}
