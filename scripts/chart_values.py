"""Values of the chart, as arguments of helm: which it must render, and which it must refuse."""

USER = ["--set", "config.userPlugin=proxy-header"]
ALL_ON = ["--values", "chart/ci/all-on-values.yaml"]
EVERY_SETTING = ["--values", "chart/ci/every-setting-values.yaml"]
POSTGRES = ["--set", "config.dbUrl=postgresql://user:pass@db/exchange"]
S3 = ["--set", "config.storage=s3,config.s3Bucket=exchange"]
RENDERED = {
    "default values": USER,
    "all switches on": ALL_ON,
    "every setting": EVERY_SETTING,
    "a database and a bucket of one's own": [*USER, *POSTGRES, *S3, "--set", "replicas=2"],
    "SQLite on a volume, files in a bucket": [*USER, *S3],
    "a Secret of one's own": [*USER, *S3, "--set", "existingSecret=mine,podDisruptionBudget.enabled=true"],
    "a volume that many can mount": [
        *USER,
        *POSTGRES,
        *["--set", "replicas=2,persistence.accessModes={ReadWriteMany}"],
    ],
    "the chart's own PostgreSQL": [*USER, "--set", "postgresql.enabled=true,persistence.enabled=false"],
}
REFUSED = {
    "nobody to sign people in": [],
    "several replicas on SQLite": [*USER, *S3, "--set", "replicas=2"],
    "several replicas on one volume": [*USER, *POSTGRES, "--set", "autoscaling.enabled=true"],
    "two databases": [*USER, *POSTGRES, "--set", "postgresql.enabled=true"],
    "a secret beside a Secret of one's own": [*USER, *POSTGRES, "--set", "existingSecret=mine"],
    "a setting that is none": [*USER, "--set", "config.prot=9000"],
    "a setting of another type": [*USER, "--set", "config.port=many"],
    "a value that is none": [*USER, "--set", "replica=2"],
}
