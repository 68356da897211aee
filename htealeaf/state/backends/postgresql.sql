-- The journal in PostgreSQL, format 1. SCHEMA stands for the quoted name of the schema.
--
-- Rule 1: whoever writes entries locks the one row of `journal` first, so commits become visible in
-- the order of their numbers. A sequence would show 2 before 1.
--
-- Rule 2: `add` is VOLATILE, so each of its statements sees what was committed before it got the
-- lock, and one statement from outside, so no client can pause while it holds it.
--
-- Rule 3: names, effects and documents are bytes (UTF-8): nothing of a database's encoding or
-- collation changes or orders them. To read one: convert_from(stream, 'UTF8').

CREATE TABLE IF NOT EXISTS SCHEMA.journal (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch text NOT NULL,
    place text NOT NULL,            -- server, timeline, database and file that the numbers belong to
    file oid NOT NULL,              -- of this table: another one after TRUNCATE or a restore
    n bigint NOT NULL,              -- the newest number
    oldest bigint NOT NULL,         -- entries above it are all kept
    streams bigint NOT NULL,        -- how many have a document
    once bigint NOT NULL            -- how many one-time ids there are
) WITH (fillfactor = 10);
-- When whoever listens was last told: `add` tells them at most each 50 ms, and they ask for a
-- while by themselves.
ALTER TABLE SCHEMA.journal ADD COLUMN IF NOT EXISTS told timestamptz NOT NULL DEFAULT '-infinity';

CREATE TABLE IF NOT EXISTS SCHEMA.entries (
    n bigint NOT NULL,
    part integer NOT NULL,          -- the order of the entries of one number
    stream bytea NOT NULL,
    before bigint NOT NULL,         -- the stream's entry before; 0 where it had no document
    ends boolean NOT NULL,          -- the stream has no document after it
    effects bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (n, part)
);
CREATE INDEX IF NOT EXISTS entries_stream ON SCHEMA.entries (stream, n);

CREATE TABLE IF NOT EXISTS SCHEMA.streams (
    stream bytea PRIMARY KEY,
    n bigint NOT NULL,              -- of its last entry
    at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE IF NOT EXISTS SCHEMA.documents (
    stream bytea PRIMARY KEY,
    n bigint NOT NULL,              -- what its entries up to this one add up to
    document bytea NOT NULL
);

CREATE TABLE IF NOT EXISTS SCHEMA.seen (
    stream bytea PRIMARY KEY,
    at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE IF NOT EXISTS SCHEMA.once (
    id bytea PRIMARY KEY,
    state text NOT NULL,
    holder bytea NOT NULL,
    until timestamptz NOT NULL,
    outcome bytea NOT NULL,
    n bigint NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS once_at ON SCHEMA.once (at);

CREATE OR REPLACE FUNCTION SCHEMA.format() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';

CREATE OR REPLACE FUNCTION SCHEMA.fresh_epoch() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT left(replace(gen_random_uuid()::text, '-', ''), 12) $$;

CREATE OR REPLACE FUNCTION SCHEMA.place() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        pg_relation_filenode('SCHEMA.journal'))
$$;

-- Asked by each connection, and where an answer has no epoch: the numbers are those of this server, or there is a new epoch.
CREATE OR REPLACE FUNCTION SCHEMA.greet() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    now_here text := SCHEMA.place();
    j SCHEMA.journal;
BEGIN
    SELECT * INTO j FROM SCHEMA.journal;
    IF FOUND AND j.place = now_here THEN
        RETURN j.epoch;
    END IF;
    LOCK TABLE SCHEMA.journal IN EXCLUSIVE MODE;
    INSERT INTO SCHEMA.journal (epoch, place, file, n, oldest, streams, once)
    SELECT SCHEMA.fresh_epoch(), now_here, pg_relation_filenode('SCHEMA.journal'), newest, newest,
        (SELECT count(*) FROM SCHEMA.streams), (SELECT count(*) FROM SCHEMA.once)
    FROM (
        SELECT greatest(
            (SELECT max(n) FROM SCHEMA.entries), (SELECT max(n) FROM SCHEMA.streams),
            (SELECT max(n) FROM SCHEMA.documents), 0) AS newest
    ) AS found
    ON CONFLICT (one) DO UPDATE
        SET epoch = excluded.epoch, place = excluded.place, file = excluded.file
        WHERE journal.place <> excluded.place;
    SELECT * INTO j FROM SCHEMA.journal;
    RETURN j.epoch;
END $$;

-- A worker had seen more than there is: the line was cut, once for all workers.
CREATE OR REPLACE FUNCTION SCHEMA.cut(p_epoch text, p_high bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE SCHEMA.journal SET epoch = SCHEMA.fresh_epoch() WHERE epoch = p_epoch AND n < p_high
$$;

-- What is asked comes in two arrays: postgresql_append.py says why, and what stands where. Each statement inside is one row by its key.
-- One-time ids, and where changed streams are, are written before it is known whether all can be: nearly always it can, and so each is asked for and written at one go.
CREATE OR REPLACE FUNCTION SCHEMA.add(
    p_epoch text, i bigint[], b bytea[],
    OUT verdict text, OUT epoch text, OUT n bigint, OUT oldest bigint,
    OUT kept boolean,               -- the entries behind the number that was seen are all there
    OUT numbers bigint[], OUT streams bytea[], OUT effects bytea[],
    OUT t_id bytea[], OUT t_state text[], OUT t_holder bytea[], OUT t_seconds float8[],
    OUT t_outcome bytea[], OUT t_n bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    p_high constant bigint := i[1];
    p_seen constant bigint := i[2];
    p_far constant bigint := i[3];
    p_numbers constant bigint := i[4];
    p_lifetime constant interval := make_interval(secs => i[5] / 1000.0);
    p_most constant bigint := i[6];
    expected constant integer := i[7];
    written constant integer := i[8];
    steps constant integer := i[9];
    wanted constant integer := i[10];
    -- Before the first of each kind: in `i`, then in `b`.
    s_i constant integer := 10 + expected;
    e_i constant integer := s_i + 3 * written;
    o_i constant integer := e_i + 3 * steps;
    s_b constant integer := expected;
    e_b constant integer := s_b + written;
    o_b constant integer := e_b + steps;
    j SCHEMA.journal;
    known SCHEMA.once;
    clock timestamptz := clock_timestamp();
    tells boolean;
    first bigint;
    ids bigint;                     -- how many one-time ids there are
    head bigint;
    heads bigint[];
    before bigint;
    flags bigint;
    begun bigint := 0;
    fewer bigint := 0;
    there boolean[];
    fresh bytea[];                  -- ids that are written already
    moved integer := 0;             -- the last of the streams that are
BEGIN
    -- The lock, and what nearly always comes to pass.
    UPDATE SCHEMA.journal AS g SET n = g.n + p_numbers, once = g.once + wanted,
        told = CASE WHEN p_numbers > 0 AND g.told < clock - interval '50 ms' THEN clock ELSE g.told END
    WHERE g.epoch = p_epoch AND g.file = pg_relation_filenode('SCHEMA.journal') AND g.n >= p_high
    RETURNING g.epoch, g.n - p_numbers, g.oldest, g.once, p_numbers > 0 AND g.told = clock
    INTO epoch, first, oldest, ids, tells;
    IF NOT FOUND THEN
        SELECT * INTO j FROM SCHEMA.journal FOR UPDATE;
        IF NOT FOUND THEN
            RETURN;  -- no epoch: greet, and ask again
        END IF;
        epoch := j.epoch; n := j.n; oldest := j.oldest; verdict := 'epoch';
        IF j.epoch = p_epoch THEN
            epoch := SCHEMA.fresh_epoch();
            UPDATE SCHEMA.journal SET epoch = add.epoch, place = SCHEMA.place(),
                file = pg_relation_filenode('SCHEMA.journal');
        END IF;
        RETURN;
    END IF;
    clock := clock_timestamp();
    n := first;
    kept := p_seen >= oldest AND first - p_seen <= p_far;
    verdict := 'appended';

    FOR k IN 1..expected LOOP
        SELECT h.n INTO head FROM SCHEMA.streams AS h WHERE h.stream = b[k];
        IF coalesce(head, 0) <> i[10 + k] THEN
            verdict := 'refused';
            EXIT;
        END IF;
    END LOOP;
    FOR k IN 1..wanted LOOP
        flags := i[o_i + 3 * k - 1] & 3;
        IF verdict = 'appended' AND flags > 0 THEN
            INSERT INTO SCHEMA.once (id, state, holder, until, outcome, n, at)
            VALUES (b[o_b + 3 * k - 2], (ARRAY['pending', 'done'])[flags], b[o_b + 3 * k - 1],
                clock + make_interval(secs => i[o_i + 3 * k] / 1000.0), b[o_b + 3 * k],
                first + i[o_i + 3 * k - 2], clock)
            ON CONFLICT (id) DO NOTHING;
            IF FOUND THEN
                fresh := fresh || b[o_b + 3 * k - 2];
                CONTINUE;
            END IF;
        END IF;
        SELECT * INTO known FROM SCHEMA.once AS o WHERE o.id = b[o_b + 3 * k - 2];
        there[k] := FOUND;
        IF there[k] AND known.at > clock - p_lifetime AND NOT (
            known.state = 'pending' AND (known.holder = b[o_b + 3 * k - 1]
                OR (i[o_i + 3 * k - 1] >= 4 AND known.until <= clock))
        ) THEN
            verdict := 'refused';
            t_id := t_id || known.id; t_state := t_state || known.state;
            t_holder := t_holder || known.holder; t_outcome := t_outcome || known.outcome;
            t_seconds := t_seconds || extract(epoch FROM known.until - clock)::float8;
            t_n := t_n || known.n;
        END IF;
    END LOOP;
    IF verdict = 'appended' THEN
        FOR k IN 1..written LOOP
            head := i[s_i + 3 * k];
            IF head < 0 THEN
                SELECT coalesce(max(h.n), 0) INTO head FROM SCHEMA.streams AS h
                WHERE h.stream = b[s_b + k];
            END IF;
            heads[k] := head;
            IF i[s_i + 3 * k - 1] = 4 THEN
                UPDATE SCHEMA.streams AS h SET n = first + i[s_i + 3 * k - 2], at = clock
                WHERE h.stream = b[s_b + k] AND h.n = head;
                IF NOT FOUND THEN
                    verdict := 'refused';
                    EXIT;
                END IF;
                moved := k;
            ELSIF head = 0 AND i[s_i + 3 * k - 1] & 1 = 0 THEN
                verdict := 'unbegun';
                t_id := ARRAY[b[s_b + k]];
                EXIT;
            END IF;
        END LOOP;
    END IF;

    IF kept AND p_seen < first THEN
        SELECT array_agg(f.n), array_agg(f.stream), array_agg(f.effects)
        INTO numbers, streams, effects
        FROM (SELECT e.n, e.stream, e.effects FROM SCHEMA.entries AS e
            WHERE e.n > p_seen AND e.n <= first ORDER BY e.n, e.part) AS f;
    END IF;
    IF verdict <> 'appended' THEN
        UPDATE SCHEMA.journal AS g SET n = first, once = g.once - wanted;
        DELETE FROM SCHEMA.once AS o WHERE o.id = ANY (fresh);
        FOR k IN 1..moved LOOP
            UPDATE SCHEMA.streams AS h SET n = heads[k]
            WHERE h.stream = b[s_b + k] AND i[s_i + 3 * k - 1] = 4;
        END LOOP;
        -- Nothing was written that would have to last.
        PERFORM set_config('synchronous_commit', 'off', true);
        RETURN;
    END IF;

    FOR k IN 1..steps LOOP
        before := i[e_i + 3 * k];
        IF before < 0 THEN
            before := heads[i[e_i + 3 * k - 1]];
        ELSIF before > 0 THEN
            before := first + before;
        END IF;
        flags := i[e_i + 3 * k - 2];
        INSERT INTO SCHEMA.entries (n, part, stream, before, ends, effects, at)
        VALUES (first + flags / 2, k, b[s_b + i[e_i + 3 * k - 1]], before, flags % 2 = 1, b[e_b + k],
            clock);
    END LOOP;
    FOR k IN 1..written LOOP
        CONTINUE WHEN i[s_i + 3 * k - 1] = 4;
        IF i[s_i + 3 * k - 1] >= 2 THEN
            IF heads[k] > 0 THEN
                DELETE FROM SCHEMA.streams AS h WHERE h.stream = b[s_b + k];
                begun := begun - 1;
            END IF;
        ELSIF heads[k] > 0 THEN
            UPDATE SCHEMA.streams AS h SET n = first + i[s_i + 3 * k - 2], at = clock
            WHERE h.stream = b[s_b + k];
        ELSE
            INSERT INTO SCHEMA.streams (stream, n, at)
            VALUES (b[s_b + k], first + i[s_i + 3 * k - 2], clock);
            begun := begun + 1;
        END IF;
    END LOOP;
    FOR k IN 1..wanted LOOP
        CONTINUE WHEN there[k] IS NULL;  -- it is written
        flags := i[o_i + 3 * k - 1] & 3;
        fewer := fewer + there[k]::integer;
        IF flags = 0 THEN
            DELETE FROM SCHEMA.once AS o WHERE o.id = b[o_b + 3 * k - 2];
            fewer := fewer + 1;
        ELSE
            UPDATE SCHEMA.once AS o SET state = (ARRAY['pending', 'done'])[flags],
                holder = b[o_b + 3 * k - 1], outcome = b[o_b + 3 * k], n = first + i[o_i + 3 * k - 2],
                until = clock + make_interval(secs => i[o_i + 3 * k] / 1000.0), at = clock
            WHERE o.id = b[o_b + 3 * k - 2];
        END IF;
    END LOOP;
    IF ids - fewer > p_most THEN
        DELETE FROM SCHEMA.once WHERE id IN (
            SELECT o.id FROM SCHEMA.once AS o ORDER BY o.at, o.n LIMIT ids - fewer - p_most);
        fewer := ids - p_most;
    END IF;
    IF begun <> 0 OR fewer <> 0 THEN
        UPDATE SCHEMA.journal AS g SET streams = g.streams + begun, once = g.once - fewer;
    END IF;
    IF tells THEN
        PERFORM pg_notify('CHANNEL', (first + p_numbers)::text);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION SCHEMA.behind(
    p_n bigint, p_limit bigint,
    OUT epoch text, OUT n bigint, OUT oldest bigint,
    OUT numbers bigint[], OUT streams bytea[], OUT effects bytea[]
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    SELECT CASE WHEN j.file = pg_relation_filenode('SCHEMA.journal') THEN j.epoch END, j.n, j.oldest
    INTO epoch, n, oldest FROM SCHEMA.journal AS j;
    IF p_n >= n THEN
        RETURN;
    END IF;
    SELECT array_agg(f.n), array_agg(f.stream), array_agg(f.effects)
    INTO numbers, streams, effects
    FROM (
        SELECT e.n, e.stream, e.effects FROM SCHEMA.entries AS e
        WHERE e.n > p_n AND e.n <= (
            SELECT max(l.n) FROM (
                SELECT i.n FROM SCHEMA.entries AS i WHERE i.n > p_n ORDER BY i.n LIMIT p_limit) AS l)
        ORDER BY e.n, e.part
    ) AS f;
END $$;

CREATE OR REPLACE FUNCTION SCHEMA.load(
    p_stream bytea, p_at bigint,
    OUT epoch text, OUT n bigint, OUT oldest bigint, OUT head bigint,
    OUT base bigint, OUT document bytea,
    OUT numbers bigint[], OUT befores bigint[], OUT effects bytea[]
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    SELECT CASE WHEN j.file = pg_relation_filenode('SCHEMA.journal') THEN j.epoch END, j.n, j.oldest
    INTO epoch, n, oldest FROM SCHEMA.journal AS j;
    SELECT s.n INTO head FROM SCHEMA.streams AS s WHERE s.stream = p_stream;
    SELECT d.n, d.document INTO base, document FROM SCHEMA.documents AS d WHERE d.stream = p_stream;
    SELECT array_agg(f.n), array_agg(f.before), array_agg(f.effects)
    INTO numbers, befores, effects
    FROM (
        SELECT e.n, e.before, e.effects FROM SCHEMA.entries AS e
        WHERE e.stream = p_stream AND e.n > coalesce(base, 0) AND e.n <= coalesce(p_at, n)
        ORDER BY e.n, e.part
    ) AS f;
END $$;

-- Forget what is old, and tell up to where entries are folded into documents.
CREATE OR REPLACE FUNCTION SCHEMA.trim(p_kept float8, p_lifetime float8, OUT epoch text, OUT n bigint,
    OUT oldest bigint) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    gone bigint;
    upto bigint;
BEGIN
    SELECT j.epoch, j.n, j.oldest INTO epoch, n, oldest FROM SCHEMA.journal AS j FOR UPDATE;
    DELETE FROM SCHEMA.once WHERE at <= clock_timestamp() - make_interval(secs => p_lifetime);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM SCHEMA.seen AS u
    WHERE NOT EXISTS (SELECT FROM SCHEMA.streams AS s WHERE s.stream = u.stream);
    SELECT e.n INTO upto FROM SCHEMA.entries AS e
    WHERE e.n > oldest AND e.at < clock_timestamp() - make_interval(secs => p_kept)
    ORDER BY e.n DESC LIMIT 1;
    oldest := coalesce(upto, oldest);
    UPDATE SCHEMA.journal AS j SET oldest = trim.oldest, once = j.once - gone;
END $$;

-- Put a document in place of the entries that it was folded from.
CREATE OR REPLACE FUNCTION SCHEMA.fold(p_epoch text, p_stream bytea, p_n bigint, p_document bytea)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM SCHEMA.journal WHERE epoch = p_epoch AND p_n <= oldest FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_document IS NULL THEN
        DELETE FROM SCHEMA.documents WHERE stream = p_stream AND n <= p_n;
    ELSE
        INSERT INTO SCHEMA.documents AS d (stream, n, document) VALUES (p_stream, p_n, p_document)
        ON CONFLICT (stream) DO UPDATE SET n = excluded.n, document = excluded.document
        WHERE d.n < excluded.n;
    END IF;
    DELETE FROM SCHEMA.entries WHERE stream = p_stream AND n <= p_n;
END $$;

-- Streams whose entries outweigh their document, or have ended: the others may wait.
CREATE OR REPLACE FUNCTION SCHEMA.foldable(p_oldest bigint, p_after bytea, p_limit bigint, OUT streams bytea[])
LANGUAGE sql STABLE AS $$
    SELECT array_agg(f.stream ORDER BY f.stream) FROM (
        SELECT e.stream FROM SCHEMA.entries AS e LEFT JOIN SCHEMA.documents AS d USING (stream)
        WHERE e.n <= p_oldest AND e.stream > p_after
        GROUP BY e.stream
        HAVING sum(length(e.effects)) * 4 >= coalesce(max(length(d.document)), 0)
            OR count(*) >= 200 OR bool_or(e.ends)
        ORDER BY e.stream LIMIT p_limit) AS f
$$;

CREATE OR REPLACE FUNCTION SCHEMA.describe(OUT epoch text, OUT n bigint, OUT oldest bigint,
    OUT streams bigint, OUT once bigint) LANGUAGE sql STABLE AS
$$
    SELECT CASE WHEN file = pg_relation_filenode('SCHEMA.journal') THEN epoch END, n, oldest, streams, once
    FROM SCHEMA.journal
$$;

CREATE OR REPLACE FUNCTION SCHEMA.claimed(p_id bytea, p_lifetime float8, OUT state text, OUT holder bytea,
    OUT seconds float8, OUT outcome bytea, OUT at_n bigint) LANGUAGE sql VOLATILE AS $$
    SELECT state, holder, extract(epoch FROM until - clock_timestamp())::float8, outcome, n
    FROM SCHEMA.once
    WHERE id = p_id AND at > clock_timestamp() - make_interval(secs => p_lifetime)
$$;

CREATE OR REPLACE FUNCTION SCHEMA.scan(p_store bytea, p_first bytea, p_behind bytea, p_after bytea,
    p_unseen float8, p_limit bigint, OUT streams bytea[]) LANGUAGE sql VOLATILE AS $$
    SELECT array_agg(f.stream ORDER BY f.stream) FROM (
        SELECT s.stream FROM SCHEMA.streams AS s LEFT JOIN SCHEMA.seen AS u USING (stream)
        WHERE (s.stream = p_store OR (s.stream >= p_first AND s.stream < p_behind))
            AND s.stream > p_after
            AND (p_unseen = 0 OR greatest(s.at, u.at)
                <= clock_timestamp() - make_interval(secs => p_unseen))
        ORDER BY s.stream LIMIT p_limit) AS f
$$;

CREATE OR REPLACE FUNCTION SCHEMA.seen(p_streams bytea[]) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO SCHEMA.seen (stream, at)
    SELECT s.stream, clock_timestamp() FROM SCHEMA.streams AS s
    WHERE s.stream = ANY (p_streams) ORDER BY s.stream
    ON CONFLICT (stream) DO UPDATE SET at = excluded.at
$$;
