from django.db import migrations

# The way of one response in one round trip (models.responses). Each query of a volatile function sees what
# was committed before it began, so the month is judged after its lock was got; models.periods has the same
# lock and the same rule.
TAKE = """
CREATE FUNCTION tuntas_take(
  the_office bigint, the_id uuid, the_service bigint, the_edition bigint, the_month date,
  the_moment timestamptz, the_day date, the_channel varchar, the_answers varchar, the_profile varchar,
  the_seconds integer, the_signs integer, is_with_code boolean
) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE n integer;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(
    (the_office % 2147483648)::integer,
    (extract(year FROM the_month) * 12 + extract(month FROM the_month))::integer
  );
  IF EXISTS (
    SELECT FROM tuntas_period
    JOIN tuntas_closure ON tuntas_closure.period_id = tuntas_period.id
    LEFT JOIN tuntas_reopening ON tuntas_reopening.closure_id = tuntas_closure.id
    WHERE tuntas_period.office_id = the_office AND tuntas_period.month = the_month
      AND tuntas_reopening.id IS NULL
  ) THEN
    RETURN -1;
  END IF;
  INSERT INTO tuntas_response (
    office_id, id, service_id, edition_id, month, received_at, answered_on, channel, answers,
    profile, seconds, signs, with_code
  ) VALUES (
    the_office, the_id, the_service, the_edition, the_month, the_moment, the_day, the_channel, the_answers,
    the_profile, the_seconds, the_signs, is_with_code
  ) ON CONFLICT (office_id, id) DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$
"""


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TAKE, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION tuntas_take", params=None)


class Migration(migrations.Migration):
    dependencies = [("tuntas", "0019_deputies")]
    operations = [migrations.RunPython(make, drop)]
