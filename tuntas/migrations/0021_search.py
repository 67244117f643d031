"""The index of words that the search in suggestions and plans begins with: FTS5 on SQLite, GIN on PostgreSQL.

The database keeps it by triggers, whoever writes. A trigger names no table but its own and the index: SQLite
could not make anew a table that the trigger of another one names. Each row holds a word of its office as well,
the sign U+E000 and the key, so that what other offices wrote is passed over (tuntas.models.search).
"""

from django.db import migrations

# The signs of which words are made; marks that are written over or under a letter are left out.
SQLITE_WORDS = (
    "detail=none, columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc' separators '\ufe0e\ufe0f'\""
)
SAID = "char(57344) || {0}office_id || ' ' || {0}{1}"
REPLIES = "coalesce((SELECT group_concat(text, ' ') FROM tuntas_reply WHERE feedback_id = {0}), '')"
HEARD = "UPDATE tuntas_feedback_words SET replies = {1} WHERE rowid = {0}.feedback_id"

SQLITE_TABLES = [
    f"CREATE VIRTUAL TABLE tuntas_feedback_words USING fts5(said, replies, {SQLITE_WORDS})",
    f"CREATE VIRTUAL TABLE tuntas_actionplan_words USING fts5(said, {SQLITE_WORDS})",
]
SQLITE_FILL = [
    "INSERT INTO tuntas_feedback_words (rowid, said, replies) "
    f"SELECT id, {SAID.format('', 'text')}, {REPLIES.format('tuntas_feedback.id')} FROM tuntas_feedback "
    "WHERE id NOT IN (SELECT rowid FROM tuntas_feedback_words)",
    "INSERT INTO tuntas_actionplan_words (rowid, said) "
    f"SELECT id, {SAID.format('', 'action')} FROM tuntas_actionplan "
    "WHERE id NOT IN (SELECT rowid FROM tuntas_actionplan_words)",
]


def sqlite_triggers():
    for table, text in (("tuntas_feedback", "text"), ("tuntas_actionplan", "action")):
        said = SAID.format("new.", text)
        for act, when, what in (
            ("insert", "INSERT", f"INSERT INTO {table}_words (rowid, said) VALUES (new.id, {said})"),
            ("update", f"UPDATE OF {text}", f"UPDATE {table}_words SET said = {said} WHERE rowid = new.id"),
            ("delete", "DELETE", f"DELETE FROM {table}_words WHERE rowid = old.id"),
        ):
            yield f"CREATE TRIGGER {table}_words_{act} AFTER {when} ON {table} BEGIN {what}; END"
    for act, when, row in (
        ("insert", "INSERT", "new"),
        ("update", "UPDATE OF text", "new"),
        ("delete", "DELETE", "old"),
    ):
        heard = HEARD.format(row, REPLIES.format(f"{row}.feedback_id"))
        yield f"CREATE TRIGGER tuntas_reply_words_{act} AFTER {when} ON tuntas_reply BEGIN {heard}; END"


# What parts words, named sign by sign: what a locale calls a letter is not the same on every server. It is
# what FTS5 takes for no letter, in the writings that people here use.
PARTING = (
    r"\u0001-\u002f:-@\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u02c2-\u02c5\u02d2-\u02df\u1b5a-\u1b6a\u2000-\u206f\u207a-\u207e\u208a-\u208e\u20a0-\u20cf\u20dd-\u20e4"
    r"\u2190-\u245f\u249c-\u24e9\u2500-\u2775\u2794-\u2bff\u2e00-\u2e2e\u2e30-\u2e7f\u3000-\u3004\u3008-\u3020"
    r"\u3030\ufe00-\ufe1f\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff9-\ufffd"
    r"\U0001f000-\U0001f0ff\U0001f10d-\U0001faff"
)
POSTGRES_TABLES = [
    f"""
CREATE FUNCTION tuntas_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
  SELECT array_to_tsvector(array(
    SELECT DISTINCT left(word, 100) FROM regexp_split_to_table(
      lower(normalize(regexp_replace(normalize(said, NFD), '[\\u0300-\\u036f]', '', 'g'), NFC)),
      '[{PARTING}]+'
    ) AS word WHERE word <> ''
  ))
$$""",
    """
CREATE TABLE tuntas_feedback_words (
  rowid bigint PRIMARY KEY, said tsvector NOT NULL, replies tsvector NOT NULL DEFAULT ''
)""",
    "CREATE TABLE tuntas_actionplan_words (rowid bigint PRIMARY KEY, said tsvector NOT NULL)",
]
POSTGRES_SAID = "tuntas_words(chr(57344) || {0}office_id || ' ' || {0}{1})"
POSTGRES_REPLIES = (
    "tuntas_words(coalesce((SELECT string_agg(text, ' ') FROM tuntas_reply WHERE feedback_id = {0}), ''))"
)
POSTGRES_FILL = [
    "INSERT INTO tuntas_feedback_words (rowid, said, replies) "
    f"SELECT id, {POSTGRES_SAID.format('', 'text')}, {POSTGRES_REPLIES.format('tuntas_feedback.id')} "
    "FROM tuntas_feedback ON CONFLICT DO NOTHING",
    "INSERT INTO tuntas_actionplan_words (rowid, said) "
    f"SELECT id, {POSTGRES_SAID.format('', 'action')} FROM tuntas_actionplan ON CONFLICT DO NOTHING",
    # Without the list of what is still to be sorted in, which each search would read through.
    "CREATE INDEX tuntas_feedback_words_all ON tuntas_feedback_words "
    "USING gin ((said || replies)) WITH (fastupdate = off)",
    "CREATE INDEX tuntas_actionplan_words_all ON tuntas_actionplan_words "
    "USING gin (said) WITH (fastupdate = off)",
]


def postgres_triggers():
    for table, text in (("tuntas_feedback", "text"), ("tuntas_actionplan", "action")):
        yield f"""
CREATE FUNCTION {table}_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM {table}_words;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM {table}_words WHERE rowid = OLD.id;
  ELSE
    INSERT INTO {table}_words (rowid, said)
    VALUES (NEW.id, {POSTGRES_SAID.format("NEW.", text)})
    ON CONFLICT (rowid) DO UPDATE SET said = EXCLUDED.said;
  END IF;
  RETURN NULL;
END $$"""
        yield (
            f"CREATE TRIGGER {table}_words AFTER INSERT OR UPDATE OF {text} OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_words()"
        )
        yield (
            f"CREATE TRIGGER {table}_words_none AFTER TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_words()"
        )
    # Two messages that come at once wait for each other, and the second then sees the first.
    yield f"""
CREATE FUNCTION tuntas_reply_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_feedback bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN the_feedback := OLD.feedback_id; ELSE the_feedback := NEW.feedback_id; END IF;
  PERFORM FROM tuntas_feedback_words WHERE rowid = the_feedback FOR UPDATE;
  INSERT INTO tuntas_feedback_words (rowid, said, replies)
  SELECT id, {POSTGRES_SAID.format("", "text")}, {POSTGRES_REPLIES.format("the_feedback")}
  FROM tuntas_feedback WHERE id = the_feedback
  ON CONFLICT (rowid) DO UPDATE SET replies = EXCLUDED.replies;
  RETURN NULL;
END $$"""
    yield (
        "CREATE TRIGGER tuntas_reply_words AFTER INSERT OR UPDATE OF text OR DELETE ON tuntas_reply "
        "FOR EACH ROW EXECUTE FUNCTION tuntas_reply_words()"
    )


def make(apps, schema_editor):
    connection = schema_editor.connection
    if "tuntas_feedback_words" in connection.introspection.table_names():
        return  # made by a run that was stopped while it filled
    if connection.vendor == "postgresql":
        run(schema_editor, POSTGRES_TABLES, postgres_triggers())
    else:
        run(schema_editor, SQLITE_TABLES, sqlite_triggers())


def fill(apps, schema_editor):
    """In a transaction of its own: on PostgreSQL nobody who writes meanwhile waits for it."""
    run(schema_editor, POSTGRES_FILL if schema_editor.connection.vendor == "postgresql" else SQLITE_FILL)


def run(schema_editor, *statements):
    for each in statements:
        for statement in each:
            schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    for table in ("tuntas_feedback", "tuntas_actionplan", "tuntas_reply"):
        if is_postgres:
            schema_editor.execute(f"DROP FUNCTION {table}_words() CASCADE", params=None)
        else:
            for act in ("insert", "update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_words_{act}", params=None)
    for table in ("tuntas_feedback_words", "tuntas_actionplan_words"):
        schema_editor.execute(f"DROP TABLE {table}", params=None)
    if is_postgres:
        schema_editor.execute("DROP FUNCTION tuntas_words(text)", params=None)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tuntas", "0020_take")]
    operations = [
        migrations.RunPython(make, remove, atomic=True),
        migrations.RunPython(fill, migrations.RunPython.noop, atomic=True),
    ]
