{{- define "nbexchange.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "nbexchange.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nbexchange.labels" -}}
{{ include "nbexchange.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "nbexchange.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* "yes" where the database is a file on our volume. An existing Secret is taken to name a server. */}}
{{- define "nbexchange.usesSqlite" -}}
{{- if not (or .Values.postgresql.enabled .Values.existingSecret) }}{{ if hasPrefix "sqlite" (.Values.config.dbUrl | default "sqlite") }}yes{{ end }}{{ end }}
{{- end }}

{{- define "nbexchange.usesVolume" -}}
{{- if or (include "nbexchange.usesSqlite" .) (ne (.Values.config.storage | default "filesystem") "s3") }}yes{{ end }}
{{- end }}

{{- define "nbexchange.isReplicated" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) }}yes{{ end }}
{{- end }}

{{/* Refuses what would lose files or corrupt a database. */}}
{{- define "nbexchange.check" -}}
{{- if not .Values.config.userPlugin }}
{{- fail "config.userPlugin is required: who may sign in? See docs/configuration.md." }}
{{- end }}
{{- if and .Values.postgresql.enabled .Values.config.dbUrl }}
{{- fail "Choose one: postgresql.enabled, or config.dbUrl for a database of your own." }}
{{- end }}
{{- if include "nbexchange.isReplicated" . }}
{{- if include "nbexchange.usesSqlite" . }}
{{- fail "Several replicas cannot share SQLite: set postgresql.enabled, config.dbUrl or existingSecret." }}
{{- end }}
{{- if and (include "nbexchange.usesVolume" .) (not (has "ReadWriteMany" .Values.persistence.accessModes)) }}
{{- fail "Several replicas cannot share this volume: set config.storage to s3, or persistence.accessModes to [ReadWriteMany]." }}
{{- end }}
{{- end }}
{{- range $key, $_ := .Files.Get "secret-settings.json" | fromJson }}
{{- if and $.Values.existingSecret (hasKey $.Values.config $key) }}
{{- fail (printf "config.%s is secret: put it into existingSecret, which is set." $key) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The password of our own PostgreSQL: that of the values, else the one that is in the cluster, else a new one. */}}
{{- define "nbexchange.postgresqlPassword" -}}
{{- if .Values.postgresql.password }}{{ .Values.postgresql.password }}
{{- else }}
{{- $existing := lookup "v1" "Secret" .Release.Namespace (printf "%s-postgresql" (include "nbexchange.name" .)) }}
{{- if $existing }}{{ index $existing.data "password" | b64dec }}
{{- else }}
{{- if not (hasKey .Release "nbexchangeGenerated") }}{{ $_ := set .Release "nbexchangeGenerated" (randAlphaNum 32) }}{{ end }}
{{- .Release.nbexchangeGenerated }}
{{- end }}
{{- end }}
{{- end }}

{{/* The variables that hold the secret settings. */}}
{{- define "nbexchange.secretEnv" -}}
- secretRef:
    name: {{ .Values.existingSecret | default (include "nbexchange.name" .) }}
{{- if .Values.postgresql.enabled }}
- secretRef:
    name: {{ include "nbexchange.name" . }}-postgresql-url
{{- end }}
{{- end }}

{{- define "nbexchange.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "nbexchange.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
